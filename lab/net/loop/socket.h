// A connected stream socket, as a session reads and writes it.
#pragma once

#include <chrono>
#include <coroutine>
#include <span>

#include "lab/core/bytes.h"
#include "lab/core/endpoint.h"
#include "lab/net/error.h"
#include "lab/net/loop/stream.h"

namespace sni::net {

class ReadSome;
class WriteAll;

/// Moves; closes when it goes. One coroutine waits on it at a time. Every wait may throw Error: the
/// deadline passed, or the connection is lost.
class Socket {
  public:
    Socket(StreamPtr stream, Endpoint peer) : stream_(std::move(stream)), peer_(std::move(peer)) {}

    /// `co_await socket.read_some(buffer)`: how many bytes came; 0 when the peer has finished
    /// sending. The buffer is written only in the moment before the coroutine goes on, so it may be
    /// shared.
    ReadSome read_some(std::span<std::byte> buffer);
    /// `co_await socket.write_all(bytes)`: all of them are with the kernel.
    WriteAll write_all(Bytes bytes);
    /// The peer reads an end; reading goes on.
    void finish_sending() { stream_->finish_sending(); }
    /// The peer is told that the connection broke (RST), and it is closed.
    void reset() {
        stream_->abort();
        stream_.reset();
    }

    /// From now on, for all waits together.
    void expires_after(std::chrono::milliseconds time) {
        stream_->expire_at(stream_->loop().now() + time);
    }
    void expires_never() { stream_->expire_never(); }
    /// The deadline is now: whoever waits goes on with the error before this returns.
    void expire() { stream_->on_deadline(); }

    const Endpoint& peer() const { return peer_; }
    /// Our end: where the peer connected to. Asks the kernel.
    Endpoint local() const;
    Loop& loop() const { return stream_->loop(); }
    /// For lab/net.
    Stream& stream() const { return *stream_; }
    StreamPtr release() { return std::move(stream_); }

  private:
    StreamPtr stream_;
    Endpoint peer_;
};

/// What both awaiters share: they try at once, and again whenever the stream changes.
class Attempt : public Waiter {
  public:
    explicit Attempt(Stream& stream) : stream_(stream) {}
    Attempt(const Attempt&) = delete;
    Attempt& operator=(const Attempt&) = delete;

    bool await_ready() {
        if (stream_.expired()) error_ = ETIMEDOUT;
        return error_ != 0 || try_now();
    }
    void await_suspend(std::coroutine_handle<> awaiting) {
        awaiting_ = awaiting;
        arm();
        stream_.set_waiter(this);
    }
    void on_ready(Stream&) override {
        if (try_now()) go_on();
    }
    void on_expired(Stream&) override {
        error_ = ETIMEDOUT;
        go_on();
    }

  protected:
    ~Attempt() {
        if (stream_.waiter() == this) stream_.set_waiter(nullptr);
    }
    /// True when there is a result, or an error.
    virtual bool try_now() = 0;
    virtual void arm() = 0;

    Stream& stream_;
    int error_ = 0;

  private:
    void go_on() {
        stream_.set_waiter(nullptr);
        awaiting_.resume();
    }
    std::coroutine_handle<> awaiting_;
};

class ReadSome final : public Attempt {
  public:
    ReadSome(Stream& stream, std::span<std::byte> buffer) : Attempt(stream), buffer_(buffer) {}
    std::size_t await_resume() const {
        if (error_ != 0) throw Error(error_);
        return count_;
    }

  private:
    bool try_now() override;
    void arm() override { stream_.listen_for_input(); }
    std::span<std::byte> buffer_;
    std::size_t count_ = 0;
};

class WriteAll final : public Attempt {
  public:
    WriteAll(Stream& stream, Bytes bytes) : Attempt(stream), rest_(bytes) {}
    void await_resume() const {
        if (error_ != 0) throw Error(error_);
    }

  private:
    bool try_now() override;
    void arm() override { stream_.listen_for_room(); }
    Bytes rest_;
};

inline ReadSome Socket::read_some(std::span<std::byte> buffer) {
    return {*stream_, buffer};
}
inline WriteAll Socket::write_all(Bytes bytes) {
    return {*stream_, bytes};
}

}  // namespace sni::net
