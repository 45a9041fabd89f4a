// A coroutine that somebody awaits, or that a Loop carries. Starts when it is awaited or spawned.
#pragma once

#include <coroutine>
#include <exception>
#include <optional>
#include <utility>

#include "lab/net/loop/loop_task.h"

namespace sni::net {

namespace detail {

/// Hands over to whoever awaits; a spawned task has nobody and takes itself away.
struct FinalAwaiter {
    bool await_ready() const noexcept { return false; }
    template <class Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> finished) const noexcept {
        if (const auto continuation = finished.promise().continuation) return continuation;
        finished.destroy();
        return std::noop_coroutine();
    }
    void await_resume() const noexcept {}
};

struct PromiseBase : LoopTask {
    std::suspend_always initial_suspend() const noexcept { return {}; }
    FinalAwaiter final_suspend() const noexcept { return {}; }
    // Spawned, nobody is left to tell: one connection's misfortune (no memory, in practice) ends
    // that connection, whose destructors have run, and no other.
    void unhandled_exception() noexcept { error = std::current_exception(); }

    std::coroutine_handle<> continuation;
    std::exception_ptr error;
};

template <class T>
struct Promise : PromiseBase {
    void return_value(T result) { value.emplace(std::move(result)); }
    T result() {
        if (error) std::rethrow_exception(error);
        if (!value) std::terminate();  // a task ends with a value or an error
        return std::move(*value);
    }
    std::optional<T> value;
};

template <>
struct Promise<void> : PromiseBase {
    void return_void() const noexcept {}
    void result() const {
        if (error) std::rethrow_exception(error);
    }
};

}  // namespace detail

/// Parameters by value, or by reference to what outlives the loop; no capturing lambdas.
template <class T = void>
class [[nodiscard]] Task {
  public:
    struct promise_type : detail::Promise<T> {
        Task get_return_object() { return Task(Handle::from_promise(*this)); }
        void cancel() override { Handle::from_promise(*this).destroy(); }
    };
    using Handle = std::coroutine_handle<promise_type>;

    explicit Task(Handle handle) : handle_(handle) {}
    Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
    Task& operator=(Task&&) = delete;
    ~Task() {
        if (handle_) handle_.destroy();
    }

    bool await_ready() const noexcept { return false; }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiting) {
        handle_.promise().continuation = awaiting;
        return handle_;
    }
    T await_resume() { return handle_.promise().result(); }

    /// For Loop::spawn alone.
    Handle release() { return std::exchange(handle_, nullptr); }

  private:
    Handle handle_;
};

}  // namespace sni::net
