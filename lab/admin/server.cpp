#include "lab/admin/server.h"

#include <chrono>
#include <exception>
#include <list>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "lab/core/diagnostic.h"
#include "lab/core/dns_name.h"
#include "lab/http/request_head.h"
#include "lab/net/bind.h"
#include "lab/net/loop/net.h"
#include "lab/net/signals.h"
#include "lab/web/answer_writer.h"

namespace sni::admin {

namespace {

/// The listener's and the loop's own descriptors come on top.
constexpr std::size_t kAtOnce = Server::kDescriptors - 3;
constexpr std::size_t kLongestHead = 8'192;
/// From accept to the last byte of the answer.
constexpr std::chrono::seconds kPatience{3};

/// The name in a Host header is one that only this machine's own programs would use.
bool names_this_machine(std::string_view host) {
    const std::size_t colon = host.rfind(':');
    if (colon != std::string_view::npos && host.find(']', colon) == std::string_view::npos) {
        host = host.substr(0, colon);
    }
    std::string name = to_lower_ascii(host);
    if (name.ends_with('.')) name.pop_back();
    return name.empty() || is_ip_literal(name) || name == "localhost" ||
           name.ends_with(".localhost");
}

class Site {
  public:
    Site(Pages pages, bool only_local) : pages_(std::move(pages)), only_local_(only_local) {}

    /// All of the answer to `head`, which ends with its blank line or is too long to have one.
    std::string answer(std::string_view head) const {
        if (head.size() > kLongestHead) {
            return text({}, {.status = 431, .body = "the head of the request is too long\n"});
        }
        const auto asked = http::parse_head(head, {.host = false});  // a probe may leave it out
        if (!asked) {
            return text({}, {.status = asked.error().status, .body = asked.error().detail + "\n"});
        }
        const http::Request& request = asked->request;
        return text({.method = request.method,
                     .target = request.target,
                     .minor_version = request.minor_version,
                     .head_only = request.method == "HEAD"},
                    page_for(request));
    }

  private:
    Page page_for(const http::Request& request) const {
        if (request.method != "GET" && request.method != "HEAD") {
            return {.status = 405, .body = "only GET and HEAD\n"};
        }
        if (only_local_ && !names_this_machine(request.host)) {
            return {.status = 403, .body = "ask for this machine by its address\n"};
        }
        if (const auto page = pages_.find(request.path); page != pages_.end()) {
            try {
                return page->second(request.query);
            } catch (const std::exception&) {
                return {.status = 500, .body = "the page could not be made\n"};
            }
        }
        std::string paths;
        for (const auto& [path, page] : pages_) {
            paths += path + "\n";
        }
        return {.status = request.path == "/" ? 200 : 404, .body = std::move(paths)};
    }

    std::string text(web::Delivery delivery, Page page) const {
        delivery.close = true;
        http::Response response{.status = page.status,
                                .headers = {{"Cache-Control", "no-store"},
                                            {"Content-Type", std::move(page.type)},
                                            {"X-Content-Type-Options", "nosniff"}},
                                .body = std::move(page.body)};
        if (page.status == 405) response.headers.push_back({"Allow", "GET, HEAD"});
        std::string text = writer_.head(delivery, response).text;
        return delivery.head_only ? text : text + response.body;
    }

    const Pages pages_;
    const bool only_local_;
    const web::AnswerWriter writer_;
};

/// Who is served, and of them those whose head is not whole, the oldest first. Where all places
/// are taken it is the oldest that has to go: who connects and says nothing keeps nobody out.
struct Places {
    std::size_t taken = 0;
    std::list<net::Socket*> unheard;
};

/// One of them, while `client` is served.
class Place {
  public:
    Place(Places& all, net::Socket& client)
        : all_(all), at_(all.unheard.insert(all.unheard.end(), &client)) {
        if (++all_.taken < kAtOnce) return;
        net::Socket& oldest = *all_.unheard.front();
        if (&oldest != &client) oldest.expire();  // its place is free before this returns
    }
    ~Place() {
        heard();
        --all_.taken;
    }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

    void heard() {
        if (std::exchange(waits_, false)) all_.unheard.erase(at_);
    }

  private:
    Places& all_;
    std::list<net::Socket*>::iterator at_;
    bool waits_ = true;
};

net::Task<> serve(net::Socket client, Places& places, const Site& site) {
    try {
        client.expires_after(kPatience);
        Place place(places, client);
        std::string head;
        while (!http::head_end(head) && head.size() <= kLongestHead) {
            const std::span<std::byte> buffer = client.loop().scratch().first(kLongestHead);
            const std::size_t count = co_await client.read_some(buffer);
            if (count == 0) co_return;
            head += as_text(buffer.first(count));
        }
        place.heard();
        const std::string answer = site.answer(head);
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
          listener_(loop_, net::bind_listener(listen, "--admin"), quota_),
          site_(std::move(pages), is_loopback(listener_.local())) {
        loop_.spawn(net::serve_all(loop_, listener_, [this](net::Socket client) {
            return serve(std::move(client), places_, site_);
        }));
        thread_ = net::start_thread([this] { loop_.run(); });
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
    Places places_;
    net::Loop loop_;
    net::Listener listener_;
    const Site site_;
    std::thread thread_;
};

Server::Server(const Endpoint& listen, Pages pages)
    : impl_(std::make_unique<Impl>(listen, std::move(pages))) {}

Server::~Server() = default;

const Endpoint& Server::local() const {
    return impl_->local();
}

}  // namespace sni::admin
