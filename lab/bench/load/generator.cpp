#include "lab/bench/load/generator.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <unordered_map>

#include <openssl/ssl.h>

#include "certs/openssl.h"
#include "lab/net/dial.h"
#include "lab/net/poll_set.h"

namespace sni::bench {

namespace {

using net::Clock;
using net::Io;
using net::PollSet;
using session::Channel;

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
    std::uint32_t interest = PollSet::kRoom;

    /// Goes as far as it can for now; what to wait for next.
    std::uint32_t advance(std::span<std::byte> buffer) {
        for (int steps = 0; state_ == State::going && (channel_.ssl() || steps < kStepsInTurn);
             ++steps) {
            const Io io = step(buffer);
            if (io == Io::want_read) return PollSet::kInput;
            if (io == Io::want_write) return PollSet::kRoom;
            if (io == Io::failed && state_ == State::going)
                fail(word_of(channel_.failure().system_error));
            if (io == Io::ended && state_ == State::going) fail("closed early");
        }
        return writing() ? PollSet::kRoom : PollSet::kInput;
    }

  private:
    static constexpr std::uint64_t kNever = std::uint64_t{1} << 40;
    static constexpr int kStepsInTurn = 4;

    bool writing() const {
        return !connected_ || sent_ < outbox_.size() ||
               (drive_.to_stub && drive_.ask == Ask::sink && streamed_ < drive_.bytes);
    }

    void append(Bytes bytes) { outbox_.insert(outbox_.end(), bytes.begin(), bytes.end()); }

    Io step(std::span<std::byte> buffer) {
        if (!connected_) return finish_connect();
        if (channel_.ssl() && !shaken_) {
            const Io io = channel_.handshake();
            shaken_ = io == Io::done;
            if (shaken_ && !drive_.to_stub) succeed();
            return io;
        }
        if (sent_ < outbox_.size()) return send(Bytes(outbox_).subspan(sent_), sent_);
        if (writing()) {
            const std::uint64_t left = drive_.bytes - streamed_;
            return send(pattern_at(streamed_).first(std::min<std::uint64_t>(left, kChunk)),
                        streamed_);
        }
        return receive(buffer);
    }

    Io finish_connect() {
        const int error = net::pending_error(fd());
        if (error != 0) fail(word_of(error));
        connected_ = error == 0;
        return connected_ ? Io::done : Io::failed;
    }

    /// What went is added to `count`.
    Io send(Bytes bytes, std::uint64_t& count) {
        std::size_t taken = 0;
        const Io io = channel_.write(as_text(bytes), taken);
        if (io == Io::done) count += taken;
        return io;
    }

    Io receive(std::span<std::byte> buffer) {
        std::size_t got = 0;
        const Io io = channel_.read({reinterpret_cast<char*>(buffer.data()), buffer.size()}, got);
        if (io == Io::ended) {
            if (!drive_.to_stub) {
                fail("closed without an answer");
            } else if (received_ < expected_) {
                fail("lost bytes");
            } else {
                succeed();
            }
        }
        if (io == Io::done) take(buffer.first(got));
        return io;
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
    std::uint64_t sent_ = 0;
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
        : drive_(drive), context_(context), buffer_(buffer) {
        driven_.latency_ms.reserve(drive.connections * drive.rounds);
    }

    Driven run(const std::stop_token& stop) {
        const Clock::time_point start = Clock::now();
        const Clock::time_point deadline = start + drive_.limit;
        while (!over() && !stop.stop_requested() && Clock::now() < deadline) {
            while (started_ < drive_.connections && in_flight() < drive_.concurrent) {
                start_one();
            }
            std::array<PollSet::Event, 256> events;
            for (const auto& event : polls_.wait(events, std::chrono::milliseconds(50))) {
                const auto client = clients_.find(event.data.ptr);
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
        auto socket = net::start_dial(drive_.to);
        if (!socket) return wrong(std::strerror(socket.error()));
        Channel channel(std::move(*socket));
        const std::string* hello =
            drive_.hellos.empty() ? nullptr : &drive_.hellos[number % drive_.hellos.size()];
        if (!hello) {
            SSL* const ssl = channel.start_tls(context_);
            SSL_set_connect_state(ssl);
            certs::check(static_cast<int>(SSL_set_tlsext_host_name(ssl, drive_.tls_name.c_str())),
                         "set SNI");
        }
        auto client = std::make_unique<Client>(drive_, std::move(channel), hello, driven_);
        void* const key = client.get();
        if (!polls_.add(client->fd(), client->interest, key)) return wrong(std::strerror(errno));
        clients_.emplace(key, std::move(client));
    }

    void advance(Client& client) {
        const bool was_held = client.state() == Client::State::held;
        if (was_held) {  // nothing was asked for: the other side closed, or broke off
            --held_;
            wrong("closed while idle");
            clients_.erase(&client);
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
                clients_.erase(&client);
                return;
            case Client::State::failed:
                wrong(client.error());
                clients_.erase(&client);
                return;
        }
        if (wait == client.interest) return;
        client.interest = wait;
        polls_.change(client.fd(), wait, &client);
    }

    void wrong(const std::string& what) { ++driven_.errors[what]; }

    void count_unfinished() {
        driven_.errors["unfinished when time was up"] +=
            drive_.connections - started_ + in_flight();
    }

    const Drive& drive_;
    ssl_ctx_st* context_;
    std::span<std::byte> buffer_;
    PollSet polls_;
    Driven driven_;
    /// What closed while a router was started may be told of once more, and is not found here.
    std::unordered_map<void*, std::unique_ptr<Client>> clients_;
    std::size_t started_ = 0;
    std::size_t held_ = 0;
};

session::ContextPtr make_client_context() {
    session::ContextPtr context(
        certs::check(SSL_CTX_new(TLS_client_method()), "set up a TLS client"));
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_NONE, nullptr);
    SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
    return context;
}

}  // namespace

Generator::Generator() : context_(make_client_context()), buffer_(kChunk) {}

Driven Generator::run(const Drive& drive, const std::stop_token& stop) {
    return Crowd(drive, context_.get(), buffer_).run(stop);
}

}  // namespace sni::bench
