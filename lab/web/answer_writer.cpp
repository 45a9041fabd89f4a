#include "lab/web/answer_writer.h"

#include <algorithm>
#include <cctype>
#include <chrono>
#include <ctime>
#include <iterator>
#include <string_view>

#include <fmt/format.h>

#include "lab/web/stream.h"

namespace sni::web {

namespace {

/// What the library's hooks are to write; process_request() runs on one thread from beginning to
/// end.
struct Writing {
    int status;
    const http::Headers& headers;
};
thread_local const Writing* writing = nullptr;

/// Gives the library the request's line and keeps what it writes.
class SeamStream : public StreamBase {
  public:
    explicit SeamStream(std::string_view request) : request_(request) {}

    ssize_t read(char* into, size_t size) {
        const std::size_t taken = request_.copy(into, size);
        request_.remove_prefix(taken);
        return static_cast<ssize_t>(taken);
    }
    /// No release knows a phrase for every code (299 is an Internal Server Error to all of them),
    /// or takes one, so the status line in front of what it writes is ours.
    ssize_t write(const char* data, size_t size) {
        std::string_view bytes(data, size);
        if (written.empty()) {
            const int status = writing->status;
            written = fmt::format("HTTP/1.1 {} {}", status, http::reason_phrase(status));
            bytes.remove_prefix(std::min(bytes.find('\r'), bytes.size()));
        }
        written += bytes;
        return static_cast<ssize_t>(size);
    }

    std::string written;

  private:
    std::string_view request_;
};

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

/// By name, and those of one name in their order.
[[maybe_unused]] http::Headers sorted(http::Headers headers) {
    const auto lower = [](unsigned char c) { return std::tolower(c); };
    std::ranges::stable_sort(headers, [&](const http::Header& a, const http::Header& b) {
        return std::ranges::lexicographical_compare(a.name, b.name, {}, lower, lower);
    });
    return headers;
}

/// All that `head` says of `response`.
http::Headers headers_of(const Delivery& delivery, const http::Response& response,
                         const Head& head) {
    constexpr int kSwitching = 101;
    http::Headers all;
    all.reserve(response.headers.size() + 4);
    std::ranges::copy_if(response.headers, std::back_inserter(all), [](const http::Header& header) {
        return http::is_header_value(header.value);
    });
    // /response-headers may have said either.
    if (!http::find_header(all, "Date")) all.push_back({"Date", date_now()});
    if (!http::find_header(all, "Server")) all.push_back({"Server", "sni-lab/" SNI_LAB_VERSION});
    const auto length = response.stream ? response.length : response.body.size();
    if (http::may_have_body(response.status) && length) {
        all.push_back({"Content-Length", std::to_string(*length)});
    }
    if (head.chunked && !delivery.head_only) all.push_back({"Transfer-Encoding", "chunked"});
    if (response.status == kSwitching) return all;  // what becomes of the connection is in it
    if (head.close) {
        all.push_back({"Connection", "close"});
    } else if (delivery.minor_version == 0) {
        all.push_back({"Connection", "keep-alive"});
    }
    return all;
}

}  // namespace

class AnswerWriter::Library : public httplib::Server {
  public:
    Library() {
        keep_order(*this);
        // Without it the library would look for a route, and read a body.
        set_pre_routing_handler(
            [](const httplib::Request&, httplib::Response&) { return HandlerResponse::Handled; });
        // The last word on the head, also where the library cannot read the request and would
        // answer 400: a method of one's own, or a question mark too many.
        set_post_routing_handler([](const httplib::Request&, httplib::Response& response) {
            response.status = writing->status;
            response.headers.clear();
            for (const http::Header& header : writing->headers) {
                response.headers.emplace(header.name, header.value);
            }
        });
    }

    /// Only the request's line: of its fields the library acts on Range, Expect and
    /// Accept-Encoding, which the response has settled.
    std::string write(const Delivery& delivery, const Writing& what) {
        const std::string line = fmt::format("{} {} HTTP/1.{}\r\n\r\n", delivery.method,
                                             delivery.target, delivery.minor_version);
        SeamStream stream(line);
        writing = &what;
        run(*this, stream);
        writing = nullptr;
        return std::move(stream.written);
    }

  private:
    /// process_request() is the library's own business, and its arguments changed between the
    /// releases of Debian 12 and 13. Templates, so that only the call that fits is compiled.
    template <class Self>
    static void run(Self& server, httplib::Stream& stream) {
        bool closed = false;
        const auto nothing = [](httplib::Request&) {};
        if constexpr (requires { server.process_request(stream, false, closed, nothing); }) {
            server.process_request(stream, false, closed, nothing);
        } else {
            static_assert(
                requires { server.process_request(stream, "", 0, "", 0, false, closed, nothing); },
                "this release of cpp-httplib has another process_request(); "
                "lab/web/answer_writer.cpp is the one place that calls it");
            server.process_request(stream, "", 0, "", 0, false, closed, nothing);
        }
    }

    /// The release of Debian 13 keeps headers in no order at all.
    template <class Self>
    static void keep_order(Self& server) {
        if constexpr (requires { server.set_header_writer(nullptr); }) {
            server.set_header_writer([](httplib::Stream& stream, httplib::Headers&) {
                std::string text;
                for (const http::Header& header : sorted(writing->headers)) {
                    text += fmt::format("{}: {}\r\n", header.name, header.value);
                }
                text += "\r\n";
                return stream.write(text.data(), text.size());
            });
        }
    }
};

AnswerWriter::AnswerWriter() : library_(std::make_unique<Library>()) {
    head({}, {});  // the library makes its statics here, before threads share them
}

AnswerWriter::~AnswerWriter() = default;

Head AnswerWriter::head(const Delivery& delivery, const http::Response& response) const {
    const bool endless = response.stream && !response.length;  // as far as its head can tell
    const bool body = http::may_have_body(response.status);
    Head head{.chunked = endless && body && delivery.minor_version > 0, .close = delivery.close};
    head.close = head.close || (endless && body && !head.chunked);
    const http::Headers headers = headers_of(delivery, response, head);
    // What is written depends on nothing else: see the hook that has the last word.
    {
        const std::lock_guard lock(mutex_);
        if (const std::string* known = memo_.find(response.status, headers)) {
            head.text = *known;
            return head;
        }
    }
    head.text = library_->write(delivery, {response.status, headers});
    const std::lock_guard lock(mutex_);
    memo_.remember(response.status, headers, head.text);
    return head;
}

}  // namespace sni::web
