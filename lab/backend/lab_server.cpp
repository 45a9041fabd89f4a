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

#include "lab/backend/exchange.h"
#include "lab/backend/routes.h"

namespace sni::backend {

namespace {

/// What the library's hooks need to know of the answer they are called for; process_request() runs
/// on one thread from beginning to end.
struct Answering {
    const Delivery& delivery;
    const std::function<Response()>& respond;
    int status = 500;
    bool streamed = false;
    bool close = false;
    bool ranges = false;
    std::optional<std::uint64_t> length = {};
    Headers headers = {};  ///< as the response has them, in its order
    Headers trailers = {};
};
thread_local Answering* current = nullptr;

/// Reads the head that we wrote, and passes on what the library writes: small pieces are gathered
/// so that a short answer is one TLS record, and the status line gets the right reason phrase,
/// which the library knows for its own codes only. Newer releases ask more of a stream than older
/// ones, and calls it by other names, so nothing here says override.
class SeamStream : public httplib::Stream {
  public:
    SeamStream(std::string_view head, const Answering& answering, const Write& write)
        : head_(head), answering_(answering), write_(write) {}

    bool is_readable() const { return !head_.empty(); }
    bool wait_readable() const { return !head_.empty(); }
    bool is_writable() const { return !failed_; }
    bool wait_writable() const { return !failed_; }
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
        if (bytes_ == 0) {
            held_ =
                fmt::format("HTTP/1.1 {} {}", answering_.status, reason_phrase(answering_.status));
            bytes_ = held_.size();
            bytes.remove_prefix(std::min(bytes.find('\r'), bytes.size()));
        }
        // The older release cannot send trailers, and the newer one forgets their order. A piece of
        // a body never looks like the end mark, since it comes with its size in front. The newer
        // release writes the mark in two pieces.
        std::string end;
        const bool last_chunk = bytes == "0\r\n";
        if (last_chunk || bytes == "0\r\n\r\n") {
            end = "0\r\n";
            for (const Header& trailer : answering_.trailers) {
                end += fmt::format("{}: {}\r\n", trailer.name, trailer.value);
            }
            if (!last_chunk) end += "\r\n";
            bytes = end;
        }
        bytes_ += bytes.size();
        if (last_chunk) {
            held_ += bytes;
            return static_cast<ssize_t>(size);
        }
        constexpr std::size_t kRecord = 16u << 10;
        if (held_.size() + bytes.size() <= kRecord) {
            held_ += bytes;
            if (answering_.streamed) flush();
        } else {
            flush();
            failed_ = failed_ || !write_(bytes);
        }
        return failed_ ? -1 : static_cast<ssize_t>(size);
    }

    /// False when something could not be sent.
    bool flush() {
        if (!held_.empty() && !failed_) failed_ = !write_(held_);
        held_.clear();
        return !failed_;
    }

    std::size_t bytes() const { return bytes_; }

  private:
    std::string_view head_;
    const Answering& answering_;
    const Write& write_;
    std::string held_;
    std::size_t bytes_ = 0;
    bool failed_ = false;
};

void give_stream(httplib::Response& into, Response response, const std::string& type,
                 Answering& answering) {
    const std::uint64_t length = response.length.value_or(0);
    auto run = [response = std::move(response), &answering](httplib::DataSink& sink) {
        std::uint64_t written = 0;
        const Write write = [&](std::string_view bytes) {
            written += bytes.size();
            return sink.write(bytes.data(), bytes.size());
        };
        try {
            if (!response.stream(write)) return false;
            if (response.trailers) answering.trailers = response.trailers();
        } catch (const std::exception&) {
            return false;  // the library would let it through, and the client would never know
        }
        if (response.length && written != *response.length) return false;
        if (!response.length) sink.done();
        return true;
    };
    if (length > 0) {
        into.set_content_provider(
            static_cast<std::size_t>(length), type,
            [run](std::size_t, std::size_t, auto& sink) { return run(sink); });
    } else if (answering.delivery.minor_version > 0) {
        into.set_chunked_content_provider(type,
                                          [run](std::size_t, auto& sink) { return run(sink); });
    } else {
        into.set_content_provider(type, [run](std::size_t, auto& sink) { return run(sink); });
    }
}

/// Copies our response into the library's.
void fill(httplib::Response& into, Response response, Answering& answering) {
    answering.status = response.status;
    answering.headers = response.headers;
    into.status = response.status;
    std::string type;
    for (Header& header : response.headers) {
        if (same_ignoring_case(header.name, "Content-Type")) type = header.value;
        if (same_ignoring_case(header.name, "Accept-Ranges")) answering.ranges = true;
        into.set_header(header.name, header.value);
    }
    if (!may_have_body(response.status)) return;
    if (!response.stream) {
        into.body = std::move(response.body);
        return;
    }
    answering.streamed = true;
    answering.length = response.length;
    const bool ends_by_itself = response.length || answering.delivery.minor_version > 0;
    answering.close = answering.close || !ends_by_itself;
    // The library sets the type again; twice the same header would be one too many.
    into.headers.erase("Content-Type");
    if (!answering.delivery.head_only) {
        give_stream(into, std::move(response), type, answering);
    } else if (!type.empty()) {
        into.set_header("Content-Type", type);
    }
}

/// Writes headers by name, and those of one name in the response's order: the newer release keeps
/// them in no order at all. Returns the bytes written, or -1.
ssize_t write_headers(httplib::Stream& stream, const httplib::Headers& headers,
                      const Headers& in_order) {
    std::vector<Header> lines;
    for (const auto& [name, value] : headers) {
        lines.push_back({name, value});
    }
    const auto before = [&](const Header& a, const Header& b) {
        if (!same_ignoring_case(a.name, b.name)) {
            return std::ranges::lexicographical_compare(a.name, b.name, [](char x, char y) {
                return std::tolower(static_cast<unsigned char>(x)) <
                       std::tolower(static_cast<unsigned char>(y));
            });
        }
        return std::ranges::find(in_order, a) < std::ranges::find(in_order, b);
    };
    std::ranges::stable_sort(lines, before);
    std::string text;
    for (const Header& line : lines) {
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
    if (date.empty() || this_second != second) date = http_date(now);
    second = this_second;
    return date;
}

/// The last word on the head, after the library has added its own to it.
void finish_head(httplib::Response& response, const Answering& answering) {
    response.headers.erase("Keep-Alive");
    response.headers.erase("Accept-Ranges");
    if (answering.ranges) response.set_header("Accept-Ranges", "bytes");
    // The library makes up a type for a body without one, and a length for an answer without body.
    const bool headless_stream = answering.streamed && answering.delivery.head_only;
    if (headless_stream || !may_have_body(answering.status)) {
        response.headers.erase("Content-Length");
    }
    if (headless_stream && answering.length) {
        response.set_header("Content-Length", std::to_string(*answering.length));
    }
    constexpr int kSwitching = 101;
    if (answering.status != kSwitching) {
        response.headers.erase("Connection");
        if (answering.close) {
            response.set_header("Connection", "close");
        } else if (answering.delivery.minor_version == 0) {
            response.set_header("Connection", "keep-alive");
        }
    }
    // /response-headers may have set them.
    if (!response.has_header("Date")) {
        response.set_header("Date", date_now());
    }
    if (!response.has_header("Server")) {
        response.set_header("Server", "sni-lab/" SNI_LAB_VERSION);
    }
}

}  // namespace

/// process_request() is the library's own business, and its arguments changed between the releases
/// of Debian 12 and 13. A template, so that only the call that fits is compiled.
template <class Self>
void LabServer::keep_order(Self& server) {
    if constexpr (requires { server.set_header_writer(nullptr); }) {
        server.set_header_writer([](httplib::Stream& stream, httplib::Headers& headers) {
            return write_headers(stream, headers, current->headers);
        });
    }
}

template <class Self>
bool LabServer::run(Self& server, httplib::Stream& stream) {
    bool closed = false;
    const auto nothing = [](httplib::Request&) {};
    if constexpr (requires { server.process_request(stream, false, closed, nothing); }) {
        return server.process_request(stream, false, closed, nothing);
    } else {
        static_assert(
            requires { server.process_request(stream, "", 0, "", 0, false, closed, nothing); },
            "this release of cpp-httplib has another process_request(); "
            "lab/backend/lab_server.cpp is the one place that calls it");
        return server.process_request(stream, "", 0, "", 0, false, closed, nothing);
    }
}

LabServer::LabServer(int live_descriptor) {
    svr_sock_ = live_descriptor;
    keep_order(*this);
    set_pre_routing_handler([](const httplib::Request&, httplib::Response& response) {
        fill(response, current->respond(), *current);
        return HandlerResponse::Handled;
    });
    set_post_routing_handler([](const httplib::Request&, httplib::Response& response) {
        finish_head(response, *current);
    });
    set_exception_handler(
        [](const httplib::Request&, httplib::Response& response, const std::exception_ptr&) {
            response.headers.clear();
            Response failed = error_response(500, "the backend failed to answer");
            add_cors(failed, nullptr);
            fill(response, std::move(failed), *current);
        });
}

Delivered LabServer::answer(const Delivery& delivery, const std::function<Response()>& respond,
                            const Write& write) {
    Answering answering{.delivery = delivery, .respond = respond, .close = delivery.close};
    const std::string_view head =
        delivery.head_only ? "HEAD / HTTP/1.1\r\n\r\n" : "GET / HTTP/1.1\r\n\r\n";
    SeamStream stream(head, answering, write);
    Answering* const outer = std::exchange(current, &answering);
    const bool answered = run(*this, stream);
    current = outer;
    const bool whole = stream.flush() && answered;
    return {answering.status, stream.bytes(), whole, answering.close};
}

}  // namespace sni::backend
