#include "lab/gateways/tap.h"

#include <array>
#include <cerrno>
#include <exception>
#include <string_view>
#include <thread>
#include <utility>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include "lab/gateways/acceptor.h"
#include "lab/gateways/side.h"
#include "lab/net/address.h"
#include "lab/net/bind.h"
#include "lab/tls/hello_sniffer.h"

namespace sni::gateways {

namespace {

using scenario::HelloShape;
using std::chrono::milliseconds;

constexpr std::size_t kKept = 1u << 20;
constexpr std::size_t kHelloLimit = 1u << 18;
constexpr milliseconds kBetweenSegments{30};
constexpr milliseconds kTrickle{100};
constexpr std::string_view kHttp =
    "GET /status/418 HTTP/1.1\r\nHost: httpbin.example.com\r\nConnection: close\r\n\r\n";

}  // namespace

class Tap::Impl {
  public:
    explicit Impl(TapOptions options)
        : options_(std::move(options)),
          listener_(net::bind_listener(loopback(0))),
          stop_(::eventfd(0, EFD_CLOEXEC)),
          thread_([this] { run(); }) {}

    ~Impl() { end(); }
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    Endpoint listening() const { return net::local_endpoint(listener_.fd()); }

    std::string end() {
        if (thread_.joinable()) {
            ::eventfd_write(stop_.fd(), 1);
            thread_.join();
        }
        return std::move(seen_);
    }

  private:
    void run() noexcept {
        try {
            pass();
        } catch (const std::exception&) {
            return hang_up();  // no memory, in practice; seen_ is what was seen before
        }
        hang_up();
    }

    /// Whoever waits at either end is told at once.
    void hang_up() {
        client_ = {};
        gateway_ = {};
    }

    void pass() {
        if (!accept() || !reach()) return;
        const std::string_view preface(reinterpret_cast<const char*>(options_.preface.data()),
                                       options_.preface.size());
        if (!write_all(gateway_, preface, stop_.fd())) return;
        if (send_hello()) relay();
    }

    bool accept() {
        client_.socket = Acceptor(listener_.fd(), stop_.fd()).next();
        return static_cast<bool>(client_.socket);
    }

    bool reach() {
        const net::Address address(options_.to);
        gateway_.socket = net::Descriptor(
            ::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
        if (!gateway_.socket) return false;
        const int on = 1;
        ::setsockopt(gateway_.socket.fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        if (::connect(gateway_.socket.fd(), address.get(), address.size()) == 0) return true;
        return errno == EINPROGRESS && wait_for(gateway_, POLLOUT, stop_.fd());
    }

    /// The client's first flight, as far as it is a hello; what is no hello goes on as it is.
    std::string read_hello() {
        tls::HelloSniffer sniffer(kHelloLimit);
        std::array<char, 16384> bytes;
        for (;;) {
            const int got = read_some(client_, bytes);
            if (got < 0) break;
            if (got == 0) {
                if (!wait_for(client_, POLLIN, stop_.fd())) break;
                continue;
            }
            const Bytes piece = as_bytes({bytes.data(), static_cast<std::size_t>(got)});
            if (sniffer.feed(piece) != tls::Verdict::need_more) break;
        }
        const Bytes seen = sniffer.seen();
        return {reinterpret_cast<const char*>(seen.data()), seen.size()};
    }

    /// False when the connection is over with that.
    bool send_hello() {
        if (options_.shape == HelloShape::silence) return wait_for_the_end();
        const std::string hello = read_hello();
        const std::string_view text = hello;
        switch (options_.shape) {
            case HelloShape::two_segments:
                return send(text.substr(0, text.size() / 2)) && pause(kBetweenSegments) &&
                       send(text.substr(text.size() / 2));
            case HelloShape::byte_by_byte:
                return send_bytes(text, milliseconds(0));
            case HelloShape::trickle:
                return send_bytes(text, kTrickle);
            case HelloShape::half:
                return send(text.substr(0, text.size() / 2)) && wait_for_the_end();
            case HelloShape::http:
                return send(kHttp) && wait_for_the_end();
            default:
                break;
        }
        return send(text) && (options_.idle.count() == 0 || hold());
    }

    bool send(std::string_view bytes) { return write_all(gateway_, bytes, stop_.fd()); }

    bool send_bytes(std::string_view text, milliseconds between) {
        for (const char& c : text) {
            if (!send({&c, 1}) || !pause(between)) return false;
        }
        return true;
    }

    /// False when the gateway has had enough, or we are to stop.
    bool pause(milliseconds time) {
        std::array<pollfd, 2> entries{{{gateway_.socket.fd(), POLLIN, 0}, {stop_.fd(), POLLIN, 0}}};
        return ::poll(entries.data(), entries.size(), static_cast<int>(time.count())) == 0;
    }

    /// Nothing more goes to the gateway; what it says goes to the client.
    bool wait_for_the_end() {
        while (wait_for(gateway_, POLLIN, stop_.fd())) {
            if (!pass_on(gateway_, client_)) return false;
        }
        return false;
    }

    /// The gateway's flight goes to the client, and the client's answer to it stays here a while.
    bool hold() {
        const auto until = std::chrono::steady_clock::now() + options_.idle;
        for (;;) {
            const auto left =
                std::chrono::ceil<milliseconds>(until - std::chrono::steady_clock::now());
            if (left.count() <= 0) return true;
            if (pause(left)) continue;
            if (!pass_on(gateway_, client_)) return false;
        }
    }

    void relay() {
        while (pass_on(client_, gateway_) && pass_on(gateway_, client_)) {
            std::array<pollfd, 3> entries{{{client_.socket.fd(), POLLIN, 0},
                                           {gateway_.socket.fd(), POLLIN, 0},
                                           {stop_.fd(), POLLIN, 0}}};
            if (::poll(entries.data(), entries.size(), -1) <= 0 || entries[2].revents != 0) return;
        }
    }

    /// Everything that `from` has to give so far; false when either is over, or we are to stop.
    bool pass_on(Side& from, Side& to) {
        std::array<char, 16384> bytes;
        for (;;) {
            const int got = read_some(from, bytes);
            if (got <= 0) return got == 0 && !stopped();
            const std::string_view piece(bytes.data(), static_cast<std::size_t>(got));
            if (&from == &gateway_ && seen_.size() < kKept) seen_ += piece;
            if (!write_all(to, piece, stop_.fd())) return false;
        }
    }

    bool stopped() const {
        pollfd entry{stop_.fd(), POLLIN, 0};
        return ::poll(&entry, 1, 0) > 0;
    }

    TapOptions options_;
    net::Descriptor listener_;
    net::Descriptor stop_;
    Side client_;
    Side gateway_;
    std::string seen_;
    std::thread thread_;
};

Tap::Tap(TapOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Tap::~Tap() = default;

Endpoint Tap::listening() const {
    return impl_->listening();
}

std::string Tap::seen() {
    return impl_->end();
}

}  // namespace sni::gateways
