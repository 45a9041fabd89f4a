#include "lab/admin/server.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <string_view>
#include <thread>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <httplib.h>

#include "lab/net/bind.h"
#include "lab/net/net.h"

namespace sni::admin {

namespace {

/// The listener's and the loop's own descriptors come on top.
constexpr std::size_t kAtOnce = Server::kDescriptors - 3;
constexpr std::size_t kLongestHead = 8'192;
/// From accept to the last byte of the answer.
constexpr std::chrono::seconds kPatience{3};

/// Gives the library a request that is whole, and keeps what it answers. Newer releases ask more of
/// a stream than older ones, and call it by other names, so nothing here says override.
class MemoryStream : public httplib::Stream {
  public:
    explicit MemoryStream(std::string_view request) : rest_(request) {}
    std::string& answer() { return answer_; }

    bool is_readable() const { return !rest_.empty(); }
    bool wait_readable() const { return !rest_.empty(); }
    bool is_writable() const { return true; }
    bool wait_writable() const { return true; }
    time_t duration() const { return 0; }
    void get_remote_ip_and_port(std::string&, int&) const {}
    void get_local_ip_and_port(std::string&, int&) const {}
    socket_t socket() const { return INVALID_SOCKET; }
    ssize_t read(char* into, size_t size) {
        const std::size_t taken = rest_.copy(into, size);
        rest_.remove_prefix(taken);
        return static_cast<ssize_t>(taken);
    }
    ssize_t write(const char* data, size_t size) {
        answer_.append(data, size);
        return static_cast<ssize_t>(size);
    }

  private:
    std::string_view rest_;
    std::string answer_;
};

/// The name in a Host header is one that only this machine's own programs would use.
bool names_this_machine(std::string_view host) {
    const std::size_t colon = host.rfind(':');
    if (colon != std::string_view::npos && host.find(']', colon) == std::string_view::npos) {
        host = host.substr(0, colon);
    }
    return host.empty() || is_ip_literal(host) || host == "localhost" ||
           host.ends_with(".localhost");
}

/// cpp-httplib as a reader of requests and a writer of answers: its threads, sockets and routes are
/// not used.
class Http : public httplib::Server {
  public:
    Http(Pages pages, bool only_local) : pages_(std::move(pages)), only_local_(only_local) {
        set_pre_routing_handler([this](const httplib::Request& request, httplib::Response& into) {
            // An answer is whole and plain, whatever was asked of it.
            auto& asked = const_cast<httplib::Request&>(request);
            asked.ranges.clear();
            asked.headers.erase("Accept-Encoding");
            const Page page = page_for(request, into);
            into.status = page.status;
            into.set_header("Cache-Control", "no-store");
            into.set_header("X-Content-Type-Options", "nosniff");
            into.set_content(page.body, page.type.c_str());
            return HandlerResponse::Handled;
        });
        set_exception_handler(
            [](const httplib::Request&, httplib::Response& into, const std::exception_ptr&) {
                into.status = 500;
                into.set_content("the page could not be made\n", "text/plain; charset=utf-8");
            });
    }

    /// The bytes of the answer to `head`, which is whole.
    std::string answer(std::string_view head) {
        MemoryStream stream(head);
        run(*this, stream);
        return std::move(stream.answer());
    }

  private:
    Page page_for(const httplib::Request& request, httplib::Response& into) const {
        if (request.method != "GET" && request.method != "HEAD") {
            into.set_header("Allow", "GET, HEAD");
            return {.status = 405, .body = "only GET and HEAD\n"};
        }
        if (only_local_ && !names_this_machine(request.get_header_value("Host"))) {
            return {.status = 403, .body = "ask for this machine by its address\n"};
        }
        if (const auto page = pages_.find(request.path); page != pages_.end()) {
            return page->second();
        }
        std::string paths;
        for (const auto& [path, page] : pages_) {
            paths += path + "\n";
        }
        return {.status = request.path == "/" ? 200 : 404, .body = std::move(paths)};
    }

    /// process_request() changed its arguments between the releases of Debian 12 and 13. A
    /// template, so that only the call that fits is compiled.
    template <class Self>
    static void run(Self& server, httplib::Stream& stream) {
        bool closed = false;
        const auto nothing = [](httplib::Request&) {};
        if constexpr (requires { server.process_request(stream, true, closed, nothing); }) {
            server.process_request(stream, true, closed, nothing);
        } else {
            server.process_request(stream, "", 0, "", 0, true, closed, nothing);
        }
    }

    const Pages pages_;
    const bool only_local_;
};

net::Task<> serve(net::Socket client, Http& http) {
    try {
        client.expires_after(kPatience);
        std::string head;
        while (head.find("\r\n\r\n") == std::string::npos && head.size() <= kLongestHead) {
            const std::span<std::byte> buffer = client.loop().scratch().first(kLongestHead);
            const std::size_t count = co_await client.read_some(buffer);
            if (count == 0) co_return;
            head += as_text(buffer.first(count));
        }
        std::string answer =
            "HTTP/1.1 431 Request Header Fields Too Large\r\n"
            "Content-Length: 0\r\nConnection: close\r\n\r\n";
        if (head.size() <= kLongestHead) answer = http.answer(head);
        co_await client.write_all(as_bytes(answer));
        // Unread bytes would make the kernel answer with a reset, which overtakes ours.
        client.finish_sending();
        while (co_await client.read_some(client.loop().scratch()) > 0) {
        }
    } catch (const net::Error&) {
        co_return;  // it went, or took too long
    }
}

}  // namespace

class Server::Impl {
  public:
    Impl(const Endpoint& listen, Pages pages)
        : quota_(kAtOnce),
          listener_(loop_, net::bind_listener(listen), quota_),
          http_(std::move(pages), is_loopback(listener_.local())) {
        loop_.spawn(net::serve_all(loop_, listener_, [this](net::Socket client) {
            return serve(std::move(client), http_);
        }));
        thread_ = std::thread([this] { loop_.run(); });
    }
    ~Impl() {
        loop_.stop();
        thread_.join();
    }
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    const Endpoint& local() const { return listener_.local(); }

  private:
    net::Quota quota_;
    net::Loop loop_;
    net::Listener listener_;
    Http http_;
    std::thread thread_;
};

Server::Server(const Endpoint& listen, Pages pages)
    : impl_(std::make_unique<Impl>(listen, std::move(pages))) {}

Server::~Server() = default;

const Endpoint& Server::local() const {
    return impl_->local();
}

}  // namespace sni::admin
