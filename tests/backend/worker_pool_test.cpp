#include "lab/backend/worker_pool.h"

#include <atomic>
#include <latch>

#include "tests/support/catch.h"

using namespace sni::backend;

TEST_CASE("a pool runs every job before it ends", "[backend]") {
    std::atomic<int> done = 0;
    {
        WorkerPool pool(2, 4);
        for (int i = 0; i < 1000; ++i) {
            pool.post([&] { ++done; });
        }
    }
    CHECK(done == 1000);
}

TEST_CASE("jobs that wait do not keep others from running", "[backend]") {
    constexpr int kWaiting = 20;
    std::latch all_there(kWaiting);
    WorkerPool pool(1, kWaiting);
    for (int i = 0; i < kWaiting; ++i) {
        pool.post([&] {
            const WorkerPool::Blocking blocking(pool);
            all_there.arrive_and_wait();
        });
    }
    all_there.wait();  // hangs if one of them never gets a thread
    pool.finish();
    CHECK(all_there.try_wait());
}

TEST_CASE("no more jobs run at once than there are cores for", "[backend]") {
    std::atomic<int> running = 0;
    std::atomic<int> most = 0;
    {
        WorkerPool pool(2, 16);
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
