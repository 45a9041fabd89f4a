#include "lab/gateways/tap.h"

#include <array>
#include <exception>
#include <string_view>
#include <thread>
#include <utility>

#include "lab/gateways/acceptor.h"
#include "lab/gateways/waiting.h"
#include "lab/net/bind.h"
#include "lab/net/dial.h"
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
          thread_([this] { run(); }) {}

    ~Impl() { end(); }
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    Endpoint listening() const { return net::bound_to(listener_); }

    std::string end() {
        if (thread_.joinable()) {
            stop_.call();
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
        if (!write_all(gateway_, preface, stop_)) return;
        if (send_hello()) relay();
    }

    bool accept() {
        client_ = session::Channel(Acceptor(listener_, stop_).next());
        return static_cast<bool>(client_);
    }

    bool reach() {
        auto dialled = net::dial(options_.to, net::Clock::now() + kPatience, &stop_);
        if (dialled) gateway_ = session::Channel(std::move(*dialled));
        return dialled.has_value();
    }

    /// The client's first flight, as far as it is a hello; what is no hello goes on as it is.
    std::string read_hello() {
        tls::HelloSniffer sniffer(kHelloLimit);
        std::array<char, 16384> bytes;
        for (;;) {
            std::size_t got = 0;
            const net::Io io = client_.read(bytes, got);
            if (io != net::Io::done) {
                if (!wait_for(client_, io, stop_)) break;
                continue;
            }
            const Bytes piece = as_bytes({bytes.data(), got});
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

    bool send(std::string_view bytes) { return write_all(gateway_, bytes, stop_); }

    bool send_bytes(std::string_view text, milliseconds between) {
        for (const char& c : text) {
            if (!send({&c, 1}) || !pause(between)) return false;
        }
        return true;
    }

    /// False when the gateway has had enough, or we are to stop.
    bool pause(milliseconds time) {
        const bool came = net::wait_for({{gateway_.fd()}}, net::Clock::now() + time, &stop_);
        return !came && !stop_.called();
    }

    /// Nothing more goes to the gateway; what it says goes to the client.
    bool wait_for_the_end() {
        while (wait_for(gateway_, net::Io::want_read, stop_)) {
            if (!pass_on(gateway_, client_)) return false;
        }
        return false;
    }

    /// The gateway's flight goes to the client, and the client's answer to it stays here a while.
    bool hold() {
        const auto until = net::Clock::now() + options_.idle;
        for (;;) {
            const auto left = std::chrono::ceil<milliseconds>(until - net::Clock::now());
            if (left.count() <= 0) return true;
            if (pause(left)) continue;
            if (!pass_on(gateway_, client_)) return false;
        }
    }

    void relay() {
        while (pass_on(client_, gateway_) && pass_on(gateway_, client_)) {
            if (!net::wait_for({{client_.fd()}, {gateway_.fd()}}, net::kNever, &stop_)) return;
        }
    }

    /// Everything that `from` has to give so far; false when either is over, or we are to stop.
    bool pass_on(session::Channel& from, session::Channel& to) {
        std::array<char, 16384> bytes;
        for (;;) {
            std::size_t got = 0;
            const net::Io io = from.read(bytes, got);
            if (io != net::Io::done) return io == net::Io::want_read && !stop_.called();
            const std::string_view piece(bytes.data(), got);
            if (&from == &gateway_ && seen_.size() < kKept) seen_ += piece;
            if (!write_all(to, piece, stop_)) return false;
        }
    }

    TapOptions options_;
    net::Descriptor listener_;
    net::Wakeup stop_;
    session::Channel client_;
    session::Channel gateway_;
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
