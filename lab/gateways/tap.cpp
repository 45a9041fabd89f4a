#include "lab/gateways/tap.h"

#include <array>
#include <exception>
#include <string_view>
#include <thread>
#include <utility>

#include "lab/gateways/acceptor.h"
#include "lab/gateways/connection.h"
#include "lab/net/bind.h"
#include "lab/net/signals.h"
#include "lab/tls/hello_sniffer.h"

namespace sni::gateways {

namespace {

using scenario::HelloShape;
using std::chrono::milliseconds;

constexpr std::size_t kKept = 1u << 20;
constexpr std::size_t kHelloLimit = 1u << 18;
constexpr milliseconds kBetweenSegments{30};
constexpr milliseconds kTrickle{100};
/// A check is over before.
constexpr milliseconds kWholeCheck = std::chrono::hours(1);
constexpr std::string_view kHttp =
    "GET /status/418 HTTP/1.1\r\nHost: httpbin.example.com\r\nConnection: close\r\n\r\n";

/// A connection whose first bytes are cut, held back or replaced.
class TappedConnection final : public Connection {
  public:
    /// What came from the gateway is added to `seen`.
    TappedConnection(const TapOptions& options, const Way& way, const net::Wakeup& stop,
                     std::string& seen)
        : Connection(way, stop), options_(options), seen_(seen) {}

  private:
    bool before_relay() override {
        const std::string_view preface(reinterpret_cast<const char*>(options_.preface.data()),
                                       options_.preface.size());
        return send(preface) && send_hello();
    }

    bool backend_said(std::string_view piece) override {
        if (seen_.size() < kKept) seen_ += piece;
        return Connection::backend_said(piece);
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

    bool send(std::string_view bytes) { return write_all(backend_, bytes, stop_); }

    bool send_bytes(std::string_view text, milliseconds between) {
        for (std::size_t i = 0; i < text.size(); ++i) {
            // Not behind the last one: the gateway may answer that at once.
            if ((i > 0 && !pause(between)) || !send(text.substr(i, 1))) return false;
        }
        return true;
    }

    /// False when the gateway has had enough, or we are to stop.
    bool pause(milliseconds time) {
        const bool came = net::wait_for({{backend_.fd()}}, net::Clock::now() + time, &stop_);
        return !came && !stop_.called();
    }

    /// Nothing more goes to the gateway; what it says goes to the client.
    bool wait_for_the_end() {
        while (wait_for(backend_, net::Io::want_read, stop_)) {
            if (!pass_on(down_)) return false;
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
            if (stop_.called() || !pass_on(down_)) return false;
        }
    }

    const TapOptions& options_;
    std::string& seen_;
};

}  // namespace

class Tap::Impl {
  public:
    explicit Impl(TapOptions options)
        : options_(std::move(options)),
          listener_(net::bind_listener(loopback(0))),
          thread_(net::start_thread([this] { run(); })) {}

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
    void run() noexcept try {
        net::PlainStream client = Acceptor(listener_, stop_).next();
        const Way way{.backend = options_.to, .idle = kWholeCheck};
        if (client) TappedConnection(options_, way, stop_, seen_).serve(std::move(client));
    } catch (const std::exception&) {
        return;  // no memory, in practice; seen_ is what was seen before
    }

    TapOptions options_;
    net::Descriptor listener_;
    net::Wakeup stop_;
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
