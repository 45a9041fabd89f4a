#include "lab/backend/lab_server.h"

#include <algorithm>
#include <cctype>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <exception>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "lab/httpbin/exchange.h"
#include "lab/httpbin/routes.h"

namespace sni::backend {

namespace {

/// What the library's hooks need to know of the answer they are called for; process_request() runs
/// on one thread from beginning to end.
struct Answering {
    const Delivery& delivery;
    const http::Response& response;
    std::optional<std::uint64_t> length = {};  ///< of the body, when there is one and it is known
    bool chunked = false;
    bool close = false;
};
thread_local Answering* current = nullptr;

/// Reads the head that we wrote, and keeps what the library writes; the status line gets the right
/// reason phrase, which the library knows for its own codes only. Newer releases ask more of a
/// stream than older ones, and call it by other names, so nothing here says override.
class SeamStream : public httplib::Stream {
  public:
    SeamStream(std::string_view head, int status) : head_(head), status_(status) {}

    bool is_readable() const { return !head_.empty(); }
    bool wait_readable() const { return !head_.empty(); }
    bool is_writable() const { return true; }
    bool wait_writable() const { return true; }
    time_t duration() const { return 0; }
    void get_remote_ip_and_port(std::string&, int&) const {}
    void get_local_ip_and_port(std::string&, int&) const {}
    socket_t socket() const { return INVALID_SOCKET; }

    ssize_t read(char* into, size_t size) {
        const std::size_t taken = head_.copy(into, size);
        head_.remove_prefix(taken);
        return static_cast<ssize_t>(taken);
    }

    ssize_t write(const char* data, size_t size) {
        std::string_view bytes(data, size);
        if (written_.empty()) {
            written_ = fmt::format("HTTP/1.1 {} {}", status_, http::reason_phrase(status_));
            bytes.remove_prefix(std::min(bytes.find('\r'), bytes.size()));
        }
        written_ += bytes;
        return static_cast<ssize_t>(size);
    }

    std::string take() { return std::move(written_); }

  private:
    std::string_view head_;
    int status_;
    std::string written_;
};

/// Copies the head of our response into the library's. Bodies never pass through it.
void fill(httplib::Response& into, const http::Response& response) {
    into.status = response.status;
    for (const http::Header& header : response.headers) {
        into.set_header(header.name, header.value);
    }
}

/// Writes headers by name, and those of one name in the response's order: the newer release keeps
/// them in no order at all. Returns the bytes written, or -1.
ssize_t write_headers(httplib::Stream& stream, const httplib::Headers& headers,
                      const http::Headers& in_order) {
    std::vector<http::Header> lines;
    for (const auto& [name, value] : headers) {
        lines.push_back({name, value});
    }
    const auto before = [&](const http::Header& a, const http::Header& b) {
        if (!http::same_ignoring_case(a.name, b.name)) {
            return std::ranges::lexicographical_compare(a.name, b.name, [](char x, char y) {
                return std::tolower(static_cast<unsigned char>(x)) <
                       std::tolower(static_cast<unsigned char>(y));
            });
        }
        return std::ranges::find(in_order, a) < std::ranges::find(in_order, b);
    };
    std::ranges::stable_sort(lines, before);
    std::string text;
    for (const http::Header& line : lines) {
        text += fmt::format("{}: {}\r\n", line.name, line.value);
    }
    text += "\r\n";
    return stream.write(text.data(), text.size());
}

/// Made once a second for each thread.
const std::string& date_now() {
    static thread_local std::time_t second = 0;
    static thread_local std::string date;
    const auto now = std::chrono::system_clock::now();
    const std::time_t this_second = std::chrono::system_clock::to_time_t(now);
    if (date.empty() || this_second != second) date = http::http_date(now);
    second = this_second;
    return date;
}

/// What only we may say of an answer's framing; the library has its own idea of each.
bool is_ours(std::string_view name, bool switching) {
    for (const std::string_view own :
         {"Keep-Alive", "Accept-Ranges", "Content-Length", "Transfer-Encoding"}) {
        if (http::same_ignoring_case(name, own)) return true;
    }
    return !switching && http::same_ignoring_case(name, "Connection");
}

/// The last word on the head, after the library has added its own to it. In one pass: looking a
/// name up in the library's map costs as much as to walk all of it.
void finish_head(httplib::Response& response, const Answering& answering) {
    constexpr int kSwitching = 101;
    const bool switching = answering.response.status == kSwitching;
    bool dated = false;
    bool named = false;
    std::erase_if(response.headers, [&](const auto& header) {
        dated = dated || http::same_ignoring_case(header.first, "Date");
        named = named || http::same_ignoring_case(header.first, "Server");
        return is_ours(header.first, switching);
    });
    if (http::find_header(answering.response.headers, "Accept-Ranges")) {
        response.set_header("Accept-Ranges", "bytes");
    }
    if (answering.length) response.set_header("Content-Length", std::to_string(*answering.length));
    if (answering.chunked) response.set_header("Transfer-Encoding", "chunked");
    if (!switching && answering.close) {
        response.set_header("Connection", "close");
    } else if (!switching && answering.delivery.minor_version == 0) {
        response.set_header("Connection", "keep-alive");
    }
    // /response-headers may have set them.
    if (!dated) response.set_header("Date", date_now());
    if (!named) response.set_header("Server", "sni-lab/" SNI_LAB_VERSION);
}

}  // namespace

/// process_request() is the library's own business, and its arguments changed between the releases
/// of Debian 12 and 13. A template, so that only the call that fits is compiled.
template <class Self>
void LabServer::keep_order(Self& server) {
    if constexpr (requires { server.set_header_writer(nullptr); }) {
        server.set_header_writer([](httplib::Stream& stream, httplib::Headers& headers) {
            return write_headers(stream, headers, current->response.headers);
        });
    }
}

template <class Self>
void LabServer::run(Self& server, httplib::Stream& stream) {
    bool closed = false;
    const auto nothing = [](httplib::Request&) {};
    if constexpr (requires { server.process_request(stream, false, closed, nothing); }) {
        server.process_request(stream, false, closed, nothing);
    } else {
        static_assert(
            requires { server.process_request(stream, "", 0, "", 0, false, closed, nothing); },
            "this release of cpp-httplib has another process_request(); "
            "lab/backend/lab_server.cpp is the one place that calls it");
        server.process_request(stream, "", 0, "", 0, false, closed, nothing);
    }
}

LabServer::LabServer(int live_descriptor) {
    svr_sock_ = live_descriptor;
    keep_order(*this);
    set_pre_routing_handler([](const httplib::Request&, httplib::Response& response) {
        fill(response, current->response);
        return HandlerResponse::Handled;
    });
    set_post_routing_handler([](const httplib::Request&, httplib::Response& response) {
        finish_head(response, *current);
    });
    answer({}, {});  // the library makes its statics here, before threads share them
}

Outgoing LabServer::answer(const Delivery& delivery, http::Response response) {
    AnswerParts parts{.status = response.status, .close = delivery.close};
    Answering answering{.delivery = delivery, .response = response};
    if (!http::may_have_body(response.status)) {
        response.body.clear();
        response.stream = nullptr;
    } else if (response.stream) {
        answering.length = response.length;
        parts.chunked = !response.length && delivery.minor_version > 0;
        parts.close = parts.close || (!response.length && !parts.chunked);
    } else {
        answering.length = response.body.size();
    }
    answering.chunked = parts.chunked && !delivery.head_only;
    answering.close = parts.close;
    const std::string_view asked =
        delivery.head_only ? "HEAD / HTTP/1.1\r\n\r\n" : "GET / HTTP/1.1\r\n\r\n";
    SeamStream stream(asked, response.status);
    Answering* const outer = std::exchange(current, &answering);
    run(*this, stream);
    current = outer;
    parts.head = stream.take();
    if (!delivery.head_only) {
        parts.body = std::move(response.body);
        parts.stream = std::move(response.stream);
        parts.length = response.length;
        parts.trailers = std::move(response.trailers);
    }
    return Outgoing(std::move(parts));
}

http::Response guarded(const std::function<http::Response()>& respond) {
    try {
        return respond();
    } catch (const std::exception&) {
        http::Response failed = httpbin::error_response(500, "the backend failed to answer");
        httpbin::add_cors(failed, nullptr);
        return failed;
    }
}

}  // namespace sni::backend
