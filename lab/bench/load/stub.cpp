#include "lab/bench/load/stub.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <exception>

#include <openssl/ssl.h>

#include "certs/clock.h"
#include "certs/install.h"
#include "certs/issue.h"
#include "certs/openssl.h"
#include "lab/bench/load/wire.h"
#include "lab/net/accept.h"
#include "lab/net/bind.h"
#include "lab/net/error.h"
#include "lab/net/signals.h"

namespace sni::bench {

namespace {

using net::Io;
using net::PollSet;
using session::Channel;

/// P-256, so that the router's share of a handshake is not drowned in RSA.
session::ContextPtr make_server_context() {
    const auto now = wall_clock();
    const certs::CertBundle bundle = certs::issue({.names = {"tls.bench.test"},
                                                   .organization = "sni-lab bench",
                                                   .key = certs::KeyType::ec_p256,
                                                   .not_before = now - std::chrono::hours(1),
                                                   .not_after = now + std::chrono::hours(24)});
    session::ContextPtr context(
        certs::check(SSL_CTX_new(TLS_server_method()), "set up a TLS server"));
    certs::install(context.get(), bundle.cert_pem, bundle.key, "the stub");
    SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
    return context;
}

}  // namespace

/// One connection: hello (plain only), command, then what it asks for.
class Stub::Session final : public Watched {
  public:
    Session(Stub& stub, Channel channel)
        : stub_(stub),
          channel_(std::move(channel)),
          step_(channel_.ssl() ? Step::handshake : Step::record_header) {}

    bool ready() override try {
        const std::uint32_t wait = advance(stub_.buffer_);
        const bool same = wait == interest_;
        interest_ = wait;
        return wait != 0 && (same || stub_.polls_.change(channel_.fd(), wait, this));
    } catch (const std::exception&) {
        return false;  // no memory for what it sends
    }

  private:
    static constexpr int kStepsInTurn = 4;

    enum class Step { handshake, record_header, record, command, source, sink, echo, drain };

    /// Goes as far as it can for now; what to wait for next, 0 when the connection is over.
    std::uint32_t advance(std::span<std::byte> buffer) {
        // Others get their turn; only TLS may hold bytes that epoll cannot see.
        for (int steps = 0; channel_.ssl() || steps < kStepsInTurn; ++steps) {
            switch (step(buffer)) {
                case Io::want_read:
                    return PollSet::kInput;
                case Io::want_write:
                    return PollSet::kRoom;
                case Io::ended:
                case Io::failed:
                    return 0;
                case Io::done:
                    break;
            }
        }
        return writing() ? PollSet::kRoom : PollSet::kInput;
    }

    bool writing() const { return step_ == Step::source || !backlog_.empty(); }

    Io step(std::span<std::byte> buffer) {
        if (step_ == Step::handshake) {
            const Io io = channel_.handshake();
            if (io == Io::done) step_ = Step::command;
            return io;
        }
        if (step_ == Step::source) return send_source();
        if (!backlog_.empty()) return send_backlog();
        std::size_t got = 0;
        const Io io = channel_.read({reinterpret_cast<char*>(buffer.data()), buffer.size()}, got);
        if (io == Io::done) take(buffer.first(got));
        return io;
    }

    void take(Bytes bytes) {
        while (!bytes.empty()) {
            switch (step_) {
                case Step::record_header:
                    if (!collect(bytes, 5)) return;
                    left_ = std::to_integer<std::size_t>(head_[3]) << 8 |
                            std::to_integer<std::size_t>(head_[4]);
                    step_ = Step::record;
                    break;
                case Step::record: {
                    const std::size_t skipped = std::min(left_, bytes.size());
                    bytes = bytes.subspan(skipped);
                    left_ -= skipped;
                    if (left_ == 0) step_ = Step::command;
                    break;
                }
                case Step::command:
                    if (!collect(bytes, kCommandBytes)) return;
                    begin(decode(std::span(head_).first<kCommandBytes>()));
                    break;
                case Step::sink:
                    sink(bytes);
                    return;
                case Step::echo:
                    backlog_.insert(backlog_.end(), bytes.begin(), bytes.end());
                    return;
                case Step::handshake:
                case Step::source:
                case Step::drain:
                    return;
            }
        }
    }

    /// Moves bytes into head_ until it holds `count`; true then, and head_ starts anew.
    bool collect(Bytes& bytes, std::size_t count) {
        const std::size_t taken = std::min(count - collected_, bytes.size());
        std::ranges::copy(bytes.first(taken), head_.begin() + static_cast<long>(collected_));
        bytes = bytes.subspan(taken);
        collected_ += taken;
        if (collected_ < count) return false;
        collected_ = 0;
        return true;
    }

    void begin(const Command& command) {
        bytes_ = command.bytes;
        step_ = command.ask == Ask::source ? Step::source
                : command.ask == Ask::sink ? Step::sink
                                           : Step::echo;
    }

    void sink(Bytes bytes) {
        if (matches(bytes, done_)) good_ += bytes.size();
        done_ += bytes.size();
        if (done_ < bytes_) return;
        const auto verdict = encode_verdict(good_);
        backlog_.assign(verdict.begin(), verdict.end());
    }

    Io send_source() {
        const std::uint64_t left = bytes_ - done_;
        std::size_t taken = 0;
        const Bytes next = pattern_at(done_).first(std::min<std::uint64_t>(left, kChunk));
        const Io io = channel_.write(as_text(next), taken);
        if (io != Io::done) return io;
        done_ += taken;
        if (done_ == bytes_) finish();
        return io;
    }

    Io send_backlog() {
        std::size_t taken = 0;
        const Io io = channel_.write(as_text(backlog_), taken);
        if (io != Io::done) return io;
        backlog_.erase(backlog_.begin(), backlog_.begin() + static_cast<long>(taken));
        if (step_ == Step::echo) done_ += taken;
        if (backlog_.empty() && done_ >= bytes_) finish();
        return io;
    }

    void finish() {
        channel_.finish();
        step_ = Step::drain;
    }

    Stub& stub_;
    Channel channel_;
    std::uint32_t interest_ = PollSet::kInput;
    Step step_;
    std::array<std::byte, 16> head_{};
    std::size_t collected_ = 0;
    std::size_t left_ = 0;
    std::uint64_t bytes_ = 0;
    std::uint64_t done_ = 0;
    std::uint64_t good_ = 0;
    std::vector<std::byte> backlog_;
};

class Stub::Listener final : public Watched {
  public:
    Listener(Stub& stub, net::Descriptor socket, bool tls)
        : stub_(stub), socket_(std::move(socket)), tls_(tls) {}

    bool ready() override {
        while (net::Accepted client = net::accept_now(socket_)) {
            try {
                adopt(net::PlainStream(std::move(client.socket)));
            } catch (const std::exception&) {
                continue;  // no memory for it; it sees its connection end
            }
        }
        return true;
    }

  private:
    void adopt(net::PlainStream client) {
        Channel channel(std::move(client));
        if (tls_) SSL_set_accept_state(channel.start_tls(stub_.context_.get()));
        const int fd = channel.fd();
        auto session = std::make_unique<Session>(stub_, std::move(channel));
        if (stub_.watch(std::move(session), fd)) ++stub_.open_;
    }

    Stub& stub_;
    net::Descriptor socket_;
    bool tls_;
};

Stub::Stub(std::span<const std::string> more_hosts)
    : context_(make_server_context()),
      buffer_(kChunk),
      plain_(listen(loopback(0), false)),
      tls_(listen(loopback(0), true)) {
    for (const std::string& host : more_hosts) {
        Endpoint at = plain_;
        at.host = host;
        listen(at, false);
    }
    if (!polls_.add(wake_.fd(), PollSet::kInput, nullptr)) throw net::Error(errno);
    thread_ = net::start_thread([this] { serve(); });
}

Stub::~Stub() {
    wake_.call();
    thread_.join();
}

Endpoint Stub::listen(const Endpoint& at, bool tls) {
    net::Descriptor socket = net::bind_listener(at);
    const Endpoint here = net::bound_to(socket);
    const int fd = socket.fd();
    if (!watch(std::make_unique<Listener>(*this, std::move(socket), tls), fd))
        throw net::Error(errno);
    return here;
}

bool Stub::watch(std::unique_ptr<Watched> watched, int fd) {
    void* const key = watched.get();
    if (!polls_.add(fd, PollSet::kInput, key)) return false;
    watched_.emplace(key, std::move(watched));
    return true;
}

void Stub::serve() {
    std::array<PollSet::Event, 256> events;
    for (;;) {
        for (const auto& event : polls_.wait(events, std::chrono::milliseconds(-1))) {
            if (!event.data.ptr) return;
            const auto found = watched_.find(event.data.ptr);
            if (found == watched_.end() || found->second->ready()) continue;
            watched_.erase(event.data.ptr);
            --open_;
        }
    }
}

}  // namespace sni::bench
