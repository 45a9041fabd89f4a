#include "lab/backend/worker_pool.h"

#include <array>
#include <atomic>
#include <semaphore>
#include <thread>

#include <sys/epoll.h>
#include <sys/eventfd.h>

#include "lab/net/descriptor.h"
#include "tests/support/catch.h"

namespace backend_worker_pool_test {

using namespace sni::backend;

namespace {

/// Rings each time that it is told.
struct Bell : WorkerPool::Watcher {
    void ready() override {
        eventfd_t pulls = 0;
        ::eventfd_read(rope.fd(), &pulls);
        rung.release();
    }
    void pull() const { ::eventfd_write(rope.fd(), 1); }

    sni::net::Descriptor rope{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    std::counting_semaphore<> rung{0};
};

/// Keeps its worker, once it was told, until it may go.
struct Holder : WorkerPool::Watcher {
    void ready() override {
        held.release();
        let_go.acquire();
    }
    void pull() const { ::eventfd_write(rope.fd(), 1); }

    sni::net::Descriptor rope{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    std::counting_semaphore<> held{0};
    std::counting_semaphore<> let_go{0};
};

}  // namespace

TEST_CASE("a pool runs every job before it ends", "[backend]") {
    std::atomic<int> done = 0;
    {
        WorkerPool pool(2);
        for (int i = 0; i < 1000; ++i) {
            pool.post([&] { ++done; });
        }
    }
    CHECK(done == 1000);
}

TEST_CASE("no more jobs run at once than there are cores for", "[backend]") {
    std::atomic<int> running = 0;
    std::atomic<int> most = 0;
    {
        WorkerPool pool(2);
        for (int i = 0; i < 200; ++i) {
            pool.post([&] {
                const int now = ++running;
                int seen = most;
                while (now > seen && !most.compare_exchange_weak(seen, now)) {
                }
                --running;
            });
        }
    }
    CHECK(most <= 2);
}

TEST_CASE("a watcher is told each time its descriptor is ready", "[backend]") {
    Bell early;
    Bell late;
    WorkerPool pool(1);
    early.pull();
    REQUIRE(pool.watch(early.rope.fd(), early, EPOLLIN));
    early.rung.acquire();  // it was ready before it was watched
    REQUIRE(pool.watch(late.rope.fd(), late, EPOLLIN));
    for (int i = 0; i < 100; ++i) {
        late.pull();
        late.rung.acquire();  // hangs if it is not told
        early.pull();
        early.rung.acquire();
    }
    CHECK_FALSE(late.rung.try_acquire());
    pool.finish();
}

TEST_CASE("whoever is long with one thing holds up nobody as long as a worker is free",
          "[backend]") {
    constexpr std::size_t kThreads = 4;
    std::array<Holder, kThreads - 1> holders;
    Bell bell;
    WorkerPool pool(kThreads);
    REQUIRE(pool.watch(bell.rope.fd(), bell, EPOLLIN));
    for (Holder& holder : holders) {
        REQUIRE(pool.watch(holder.rope.fd(), holder, EPOLLIN));
        holder.pull();
        holder.held.acquire();  // hangs if those before it hold it up
        bell.pull();
        bell.rung.acquire();
        std::binary_semaphore ran{0};
        pool.post([&] { ran.release(); });
        ran.acquire();
    }
    for (Holder& holder : holders)
        holder.let_go.release();
    bell.pull();
    bell.rung.acquire();
    pool.finish();
}

TEST_CASE("a pool ends while one of its workers is busy, and what that one posts is done",
          "[backend]") {
    std::atomic<int> done = 0;
    std::counting_semaphore<> begun{0};
    std::binary_semaphore first_goes_on{0};
    std::binary_semaphore last_goes_on{0};
    WorkerPool pool(3);
    pool.post([&] {
        begun.release();
        first_goes_on.acquire();
    });
    begun.acquire();
    pool.post([&] {
        begun.release();
        last_goes_on.acquire();
        pool.post([&] {
            pool.post([&] { ++done; });
            ++done;
        });
    });
    begun.acquire();
    std::thread ending([&] { pool.finish(); });
    first_goes_on.release();
    while (pool.load().running > 1)
        std::this_thread::yield();
    last_goes_on.release();
    ending.join();
    CHECK(done == 2);
}

}  // namespace backend_worker_pool_test
