#include "lab/bench/load/stub.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include "certs/clock.h"
#include "certs/install.h"
#include "certs/issue.h"
#include "certs/openssl.h"
#include "lab/bench/load/channel.h"
#include "lab/bench/load/wire.h"
#include "lab/core/codes.h"
#include "lab/core/diagnostic.h"
#include "lab/net/address.h"

namespace sni::bench {

namespace {

/// P-256, so that the router's share of a handshake is not drowned in RSA.
SSL_CTX* make_server_context() {
    const auto now = wall_clock();
    const certs::CertBundle bundle = certs::issue({.names = {"tls.bench.test"},
                                                   .organization = "sni-lab bench",
                                                   .key = certs::KeyType::ec_p256,
                                                   .not_before = now - std::chrono::hours(1),
                                                   .not_after = now + std::chrono::hours(24)});
    certs::Owned<SSL_CTX, SSL_CTX_free> context(
        certs::check(SSL_CTX_new(TLS_server_method()), "set up a TLS server"));
    certs::install(context.get(), bundle.cert_pem, bundle.key, "the stub");
    SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
    return context.release();
}

}  // namespace

/// One connection: hello (plain only), command, then what it asks for.
class Stub::Session {
  public:
    explicit Session(Channel channel)
        : channel_(std::move(channel)),
          step_(channel_.tls() ? Step::handshake : Step::record_header) {}

    /// Goes as far as it can for now; what to wait for next, 0 when the connection is over.
    std::uint32_t advance(std::span<std::byte> buffer) {
        // Others get their turn; only TLS may hold bytes that epoll cannot see.
        for (int steps = 0; channel_.tls() || steps < kStepsInTurn; ++steps) {
            switch (step(buffer).io) {
                case Io::wait_read:
                    return EPOLLIN;
                case Io::wait_write:
                    return EPOLLOUT;
                case Io::end:
                case Io::failed:
                    return 0;
                case Io::moved:
                    break;
            }
        }
        return writing() ? EPOLLOUT : EPOLLIN;
    }

    std::uint32_t interest = EPOLLIN;

  private:
    static constexpr int kStepsInTurn = 4;

    enum class Step { handshake, record_header, record, command, source, sink, echo, drain };

    bool writing() const { return step_ == Step::source || !backlog_.empty(); }

    Moved step(std::span<std::byte> buffer) {
        if (step_ == Step::handshake) {
            const Moved moved = channel_.handshake();
            if (moved.io == Io::moved) step_ = Step::command;
            return moved;
        }
        if (step_ == Step::source) return send_source();
        if (!backlog_.empty()) return send_backlog();
        const Moved moved = channel_.read(buffer);
        if (moved.io == Io::moved) take(buffer.first(moved.bytes));
        return moved;
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

    Moved send_source() {
        const std::uint64_t left = bytes_ - done_;
        const Moved moved =
            channel_.write(pattern_at(done_).first(std::min<std::uint64_t>(left, kChunk)));
        if (moved.io != Io::moved) return moved;
        done_ += moved.bytes;
        if (done_ == bytes_) finish();
        return moved;
    }

    Moved send_backlog() {
        const Moved moved = channel_.write(backlog_);
        if (moved.io != Io::moved) return moved;
        backlog_.erase(backlog_.begin(), backlog_.begin() + static_cast<long>(moved.bytes));
        if (step_ == Step::echo) done_ += moved.bytes;
        if (backlog_.empty() && done_ >= bytes_) finish();
        return moved;
    }

    void finish() {
        channel_.finish();
        step_ = Step::drain;
    }

    Channel channel_;
    Step step_;
    std::array<std::byte, 16> head_{};
    std::size_t collected_ = 0;
    std::size_t left_ = 0;
    std::uint64_t bytes_ = 0;
    std::uint64_t done_ = 0;
    std::uint64_t good_ = 0;
    std::vector<std::byte> backlog_;
};

void Stub::FreeContext::operator()(ssl_ctx_st* context) const {
    SSL_CTX_free(context);
}

Stub::Stub(std::span<const std::string> more_hosts)
    : context_(make_server_context()),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      buffer_(kChunk),
      plain_(listen(loopback(0), false)),
      tls_(listen(loopback(0), true)) {
    for (const std::string& host : more_hosts) {
        Endpoint at = plain_;
        at.host = host;
        listen(at, false);
    }
    polls_.add(wake_.fd(), EPOLLIN);
    thread_ = std::thread([this] { serve(); });
}

Stub::~Stub() {
    ::eventfd_write(wake_.fd(), 1);
    thread_.join();
}

Endpoint Stub::listen(const Endpoint& at, bool tls) {
    const net::Address address(at);
    net::Descriptor fd(::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    const int on = 1;
    ::setsockopt(fd.fd(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    ::setsockopt(fd.fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);  // accepted sockets inherit it
    if (::bind(fd.fd(), address.get(), address.size()) != 0 || ::listen(fd.fd(), 4096) != 0 ||
        !polls_.add(fd.fd(), EPOLLIN)) {
        throw Failure(Exit::machine, code::kCannotListen,
                      fmt::format("cannot listen on {}", to_string(at)), std::strerror(errno));
    }
    const Endpoint here = net::local_endpoint(fd.fd());
    const int number = fd.fd();
    listeners_.emplace(number, std::pair(std::move(fd), tls));
    return here;
}

void Stub::serve() {
    for (;;) {
        for (const epoll_event& event : polls_.wait(std::chrono::seconds(60))) {
            const int fd = event.data.fd;
            if (fd == wake_.fd()) return;
            if (const auto listener = listeners_.find(fd); listener != listeners_.end()) {
                accept(fd, listener->second.second);
                continue;
            }
            const auto session = sessions_.find(fd);
            if (session == sessions_.end()) continue;
            const std::uint32_t wait = session->second->advance(buffer_);
            const bool same = wait == session->second->interest;
            if (wait == 0 || (!same && !polls_.change(fd, wait))) {
                sessions_.erase(session);
                --open_;
                continue;
            }
            session->second->interest = wait;
        }
    }
}

void Stub::accept(int listener, bool tls) {
    for (;;) {
        net::Descriptor fd(::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (!fd) return;
        const int number = fd.fd();
        Channel channel = tls ? Channel(std::move(fd), context_.get()) : Channel(std::move(fd));
        if (!polls_.add(number, EPOLLIN)) continue;
        sessions_[number] = std::make_unique<Session>(std::move(channel));
        ++open_;
    }
}

}  // namespace sni::bench
