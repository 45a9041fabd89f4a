#include "lab/backend/worker_pool.h"

#include <atomic>
#include <semaphore>

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

}  // namespace backend_worker_pool_test
