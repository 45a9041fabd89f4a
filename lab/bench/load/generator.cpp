#include "lab/bench/load/generator.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <unordered_map>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include "certs/openssl.h"
#include "lab/bench/load/channel.h"
#include "lab/bench/load/poll_set.h"
#include "lab/net/address.h"

namespace sni::bench {

namespace {

using Clock = std::chrono::steady_clock;

double milliseconds_since(Clock::time_point start) {
    return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

/// One connection of a drive.
class Client {
  public:
    enum class State { going, held, done, failed };

    Client(const Drive& drive, Channel channel, const std::string* hello, Driven& driven)
        : drive_(drive), driven_(driven), channel_(std::move(channel)), started_(Clock::now()) {
        if (hello) append(std::as_bytes(std::span(*hello)));
        if (!drive.to_stub) return;
        const bool held = static_cast<bool>(drive.when_all_held);
        const std::uint64_t all = drive.ask == Ask::echo ? drive.bytes * drive.rounds : drive.bytes;
        append(encode({.ask = drive.ask, .bytes = held ? kNever : all}));
        if (drive.ask == Ask::echo) append(pattern_at(0).first(drive.bytes));
        expected_ = drive.ask == Ask::sink ? kVerdictBytes : all;
    }

    State state() const { return state_; }
    const std::string& error() const { return error_; }
    int fd() const { return channel_.fd(); }
    std::uint32_t interest = EPOLLOUT;

    /// Goes as far as it can for now; what to wait for next.
    std::uint32_t advance(std::span<std::byte> buffer) {
        for (int steps = 0; state_ == State::going && (channel_.tls() || steps < kStepsInTurn);
             ++steps) {
            const Moved moved = step(buffer);
            if (moved.io == Io::wait_read) return EPOLLIN;
            if (moved.io == Io::wait_write) return EPOLLOUT;
            if (moved.io == Io::failed) fail(word_of(moved.error));
            if (moved.io == Io::end && state_ == State::going) fail("closed early");
        }
        return writing() ? EPOLLOUT : EPOLLIN;
    }

  private:
    static constexpr std::uint64_t kNever = std::uint64_t{1} << 40;
    static constexpr int kStepsInTurn = 4;

    bool writing() const {
        return !connected_ || sent_ < outbox_.size() ||
               (drive_.to_stub && drive_.ask == Ask::sink && streamed_ < drive_.bytes);
    }

    void append(Bytes bytes) { outbox_.insert(outbox_.end(), bytes.begin(), bytes.end()); }

    Moved step(std::span<std::byte> buffer) {
        if (!connected_) return finish_connect();
        if (channel_.tls() && !shaken_) {
            const Moved moved = channel_.handshake();
            shaken_ = moved.io == Io::moved;
            if (shaken_ && !drive_.to_stub) succeed();
            return moved;
        }
        if (sent_ < outbox_.size()) return send_outbox();
        if (writing()) return send_stream();
        return receive(buffer);
    }

    Moved finish_connect() {
        int error = 0;
        socklen_t size = sizeof error;
        ::getsockopt(fd(), SOL_SOCKET, SO_ERROR, &error, &size);
        connected_ = error == 0;
        return {.io = connected_ ? Io::moved : Io::failed, .error = error};
    }

    Moved send_outbox() {
        const Moved moved = channel_.write(Bytes(outbox_).subspan(sent_));
        if (moved.io == Io::moved) sent_ += moved.bytes;
        return moved;
    }

    Moved send_stream() {
        const std::uint64_t left = drive_.bytes - streamed_;
        const Moved moved =
            channel_.write(pattern_at(streamed_).first(std::min<std::uint64_t>(left, kChunk)));
        if (moved.io == Io::moved) streamed_ += moved.bytes;
        return moved;
    }

    Moved receive(std::span<std::byte> buffer) {
        const Moved moved = channel_.read(buffer);
        if (moved.io == Io::end) {
            if (!drive_.to_stub) {
                fail("closed without an answer");
            } else if (received_ < expected_) {
                fail("lost bytes");
            } else {
                succeed();
            }
        }
        if (moved.io == Io::moved) take(buffer.first(moved.bytes));
        return moved;
    }

    void take(Bytes bytes) {
        if (!drive_.to_stub) {
            constexpr std::byte kAlert{21};  // RFC 8446 section 5.1; a refusal is no answer
            return bytes.front() == kAlert ? fail("an alert") : succeed();
        }
        if (received_ + bytes.size() > expected_) return fail("more bytes than were sent");
        if (drive_.ask == Ask::sink) {
            std::ranges::copy(bytes, verdict_.begin() + static_cast<long>(received_));
        } else if (!matches(bytes, received_)) {
            return fail("altered bytes");
        }
        received_ += bytes.size();
        if (drive_.ask == Ask::sink && received_ == expected_ &&
            decode_verdict(verdict_) != drive_.bytes)
            return fail("altered bytes");
        if (drive_.ask == Ask::echo && received_ % drive_.bytes == 0) end_round();
    }

    void end_round() {
        driven_.latency_ms.push_back(milliseconds_since(started_));
        if (drive_.when_all_held) {
            state_ = State::held;
            return;
        }
        if (received_ == expected_) return;
        const Bytes next = pattern_at(received_).first(drive_.bytes);
        outbox_.assign(next.begin(), next.end());
        sent_ = 0;
        started_ = Clock::now();
    }

    void succeed() {
        state_ = State::done;
        if (drive_.ask != Ask::echo) driven_.latency_ms.push_back(milliseconds_since(started_));
    }

    void fail(std::string why) {
        state_ = State::failed;
        error_ = std::move(why);
    }

    static std::string word_of(int error) {
        if (error == 0) return "TLS failed";
        return std::strerror(error);
    }

    const Drive& drive_;
    Driven& driven_;
    Channel channel_;
    Clock::time_point started_;
    State state_ = State::going;
    bool connected_ = false;
    bool shaken_ = false;
    std::vector<std::byte> outbox_;
    std::size_t sent_ = 0;
    std::uint64_t streamed_ = 0;
    std::uint64_t received_ = 0;
    std::uint64_t expected_ = 0;
    std::array<std::byte, kVerdictBytes> verdict_{};
    std::string error_;
};

/// The connections of one drive, at most `concurrent` of them in flight.
class Crowd {
  public:
    Crowd(const Drive& drive, ssl_ctx_st* context, std::span<std::byte> buffer)
        : drive_(drive), context_(context), buffer_(buffer), address_(drive.to) {
        driven_.latency_ms.reserve(drive.connections * drive.rounds);
    }

    Driven run(const std::stop_token& stop) {
        const Clock::time_point start = Clock::now();
        const Clock::time_point deadline = start + drive_.limit;
        while (!over() && !stop.stop_requested() && Clock::now() < deadline) {
            while (started_ < drive_.connections && in_flight() < drive_.concurrent) {
                start_one();
            }
            for (const epoll_event& event : polls_.wait(std::chrono::milliseconds(50))) {
                const auto client = clients_.find(event.data.fd);
                if (client != clients_.end()) advance(*client->second);
            }
        }
        driven_.seconds = std::chrono::duration<double>(Clock::now() - start).count();
        if (!over()) count_unfinished();
        if (drive_.when_all_held && !stop.stop_requested()) drive_.when_all_held();
        return std::move(driven_);
    }

  private:
    std::size_t in_flight() const { return clients_.size() - held_; }
    bool over() const { return started_ == drive_.connections && in_flight() == 0; }

    void start_one() {
        const std::size_t number = started_++;
        net::Descriptor fd(
            ::socket(address_.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
        if (!fd) return wrong(std::strerror(errno));
        const int on = 1;
        ::setsockopt(fd.fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        if (::connect(fd.fd(), address_.get(), address_.size()) != 0 && errno != EINPROGRESS)
            return wrong(std::strerror(errno));
        const std::string* hello =
            drive_.hellos.empty() ? nullptr : &drive_.hellos[number % drive_.hellos.size()];
        Channel channel = hello ? Channel(std::move(fd))
                                : Channel(std::move(fd), context_, drive_.tls_name.c_str());
        auto client = std::make_unique<Client>(drive_, std::move(channel), hello, driven_);
        const int key = client->fd();
        if (!polls_.add(key, client->interest)) return wrong(std::strerror(errno));
        clients_.emplace(key, std::move(client));
    }

    void advance(Client& client) {
        const bool was_held = client.state() == Client::State::held;
        if (was_held) {  // nothing was asked for: the other side closed, or broke off
            --held_;
            wrong("closed while idle");
            clients_.erase(client.fd());
            return;
        }
        const std::uint32_t wait = client.advance(buffer_);
        switch (client.state()) {
            case Client::State::going:
                break;
            case Client::State::held:
                ++held_;
                ++driven_.done;
                break;
            case Client::State::done:
                ++driven_.done;
                clients_.erase(client.fd());
                return;
            case Client::State::failed:
                wrong(client.error());
                clients_.erase(client.fd());
                return;
        }
        if (wait == client.interest) return;
        client.interest = wait;
        polls_.change(client.fd(), wait);
    }

    void wrong(const std::string& what) { ++driven_.errors[what]; }

    void count_unfinished() {
        driven_.errors["unfinished when time was up"] +=
            drive_.connections - started_ + in_flight();
    }

    const Drive& drive_;
    ssl_ctx_st* context_;
    std::span<std::byte> buffer_;
    net::Address address_;
    PollSet polls_;
    Driven driven_;
    std::unordered_map<int, std::unique_ptr<Client>> clients_;
    std::size_t started_ = 0;
    std::size_t held_ = 0;
};

SSL_CTX* make_client_context() {
    certs::Owned<SSL_CTX, SSL_CTX_free> context(
        certs::check(SSL_CTX_new(TLS_client_method()), "set up a TLS client"));
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_NONE, nullptr);
    SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
    return context.release();
}

}  // namespace

void Generator::FreeContext::operator()(ssl_ctx_st* context) const {
    SSL_CTX_free(context);
}

Generator::Generator() : context_(make_client_context()), buffer_(kChunk) {}
Generator::~Generator() = default;

Driven Generator::run(const Drive& drive, const std::stop_token& stop) {
    return Crowd(drive, context_.get(), buffer_).run(stop);
}

}  // namespace sni::bench
