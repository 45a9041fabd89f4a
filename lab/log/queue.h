// What threads must not wait for is written by a thread of its own, or lost and counted: every log
// of every part goes through one of these.
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "lab/log/writer.h"
#include "lab/net/signals.h"

namespace sni::log {

/// What a queue may hold, and how long it takes.
struct QueueLimits {
    std::size_t items = 8'192;
    std::size_t bytes = 16u << 20;  ///< as `weigh` has them
    /// Items that come so close together are written in one go, and wake the writer once.
    std::chrono::milliseconds gather{10};
    /// What a reader that is stuck gets at the end.
    std::chrono::milliseconds last_words{1'000};
};

/// Items become lines in the writer's thread. When the output cannot keep up, the oldest are lost;
/// those that a full disk or a closed pipe refuses are lost, too. All are counted.
template <class Item>
class Queue {
  public:
    /// `render` makes the line, with its end; `weigh` says what an item holds beside itself.
    using Render = std::string (*)(const Item&);
    using Weigh = std::size_t (*)(const Item&);

    Queue(Output output, Render render, Weigh weigh, QueueLimits limits = {})
        : state_(std::make_shared<State>(std::move(output), render, weigh, limits)),
          thread_(net::start_thread([state = state_] { state->run(); })) {}
    /// What is queued is written first; a reader that is stuck is given up after a while, whatever
    /// the writer is stuck in.
    ~Queue() { close(); }
    Queue(const Queue&) = delete;
    Queue& operator=(const Queue&) = delete;

    /// From any thread; never waits for the output, and never throws: what there is no memory for
    /// is lost, too.
    void push(Item item) noexcept { state_->push(std::move(item)); }
    /// Waits until all before is written, `within` at most; false when it is not.
    bool flush(std::chrono::milliseconds within) { return state_->flush(within); }
    /// What comes next goes there.
    void replace(Output output) { state_->writer.replace(std::move(output)); }
    /// The same behind everything that was pushed before, with `first` before all else.
    void replace(Output output, Item first) {
        state_->replace(std::move(output), std::move(first));
    }
    std::size_t lost() const { return state_->writer.lost(); }
    /// One more, that could not even be made.
    void lose() { state_->writer.lose(1); }
    /// What the destructor does; afterwards lost() is final. Nothing may be pushed any more.
    void close() {
        if (!thread_.joinable()) return;
        state_->end();
        if (state_->await_end()) {
            thread_.join();
        } else {
            thread_.detach();  // inside a write that nothing ends; it holds what it needs
        }
    }

  private:
    /// Shared with the thread, which may outlive the queue.
    struct State {
        State(Output output, Render render_with, Weigh weigh_with, QueueLimits most)
            : writer(std::move(output)), render(render_with), weigh(weigh_with), limits(most) {}

        void push(Item&& item) noexcept {
            bool first = false;
            try {
                const std::lock_guard lock(mutex);
                first = waiting() == 0;
                const std::size_t weight = weigh(item);
                items.push_back(std::move(item));
                held += weight;
                while (waiting() > limits.items || (held > limits.bytes && waiting() > 1)) {
                    lose_oldest();
                }
            } catch (const std::exception&) {
                writer.lose(1);
            }
            if (first) changed.notify_all();
        }

        bool flush(std::chrono::milliseconds within) {
            std::unique_lock lock(mutex);
            hurry = true;
            changed.notify_all();
            return changed.wait_for(lock, within, [this] { return waiting() == 0 && !writing; });
        }

        void replace(Output output, Item&& first) {
            {
                const std::lock_guard lock(mutex);
                const std::size_t weight = weigh(first);
                items.push_back(std::move(first));
                held += weight;
                if (!next_output) next_at = items.size() - 1;
                next_output.emplace(std::move(output));
            }
            changed.notify_all();
        }

        void end() {
            const std::lock_guard lock(mutex);
            ending = true;
            writer.end(limits.last_words);
            changed.notify_all();
        }

        bool await_end() {
            // The writer looks at its own clock; who is later by so much is stuck in the kernel.
            constexpr std::chrono::seconds kStuck{2};
            std::unique_lock lock(mutex);
            return changed.wait_for(lock, limits.last_words + kStuck, [this] { return ended; });
        }

        void run() {
            std::vector<Item> batch;
            std::unique_lock lock(mutex);
            for (;;) {
                changed.wait(lock, [this] { return ending || waiting() > 0; });
                if (waiting() == 0) break;
                changed.wait_for(lock, limits.gather, [this] { return ending || hurry; });
                batch.swap(items);
                const std::size_t first = std::exchange(oldest, 0);
                std::optional<Output> next = std::exchange(next_output, std::nullopt);
                const std::size_t behind = next ? std::max(next_at, first) : batch.size();
                held = 0;
                hurry = false;
                writing = true;
                lock.unlock();
                put(batch, first, behind);
                if (next) {
                    writer.replace(*std::move(next));
                    put(batch, behind, batch.size());
                }
                batch.clear();
                if (batch.capacity() > kUsual) batch.shrink_to_fit();
                lock.lock();
                writing = false;
                changed.notify_all();
            }
            ended = true;
            changed.notify_all();
        }

        void put(const std::vector<Item>& batch, std::size_t next, std::size_t end) {
            while (next < end) {
                std::string text;
                const std::size_t from = next;
                try {
                    while (next < end && (text.empty() || text.size() < writer.good_size())) {
                        text += render(batch[next++]);
                    }
                    writer.put(std::move(text));
                } catch (const std::exception&) {  // no memory, in practice
                    next = std::max(next, from + 1);
                    writer.lose(next - from);
                }
            }
        }

        std::size_t waiting() const { return items.size() - oldest; }

        /// Places of the lost are closed up seldom, so that a loss costs no more than a line.
        void lose_oldest() {
            held -= weigh(items[oldest]);
            items[oldest++] = Item();
            writer.lose(1);
            if (oldest < limits.items) return;
            items.erase(items.begin(), items.begin() + static_cast<std::ptrdiff_t>(oldest));
            next_at -= std::min(next_at, oldest);
            oldest = 0;
        }

        /// Room for so many is kept when they are written.
        static constexpr std::size_t kUsual = 256;

        Writer writer;
        const Render render;
        const Weigh weigh;
        const QueueLimits limits;
        std::mutex mutex;
        std::condition_variable changed;
        std::vector<Item> items;            // from here on guarded by mutex
        std::size_t oldest = 0;             // in items; those before are lost
        std::optional<Output> next_output;  // from the item next_at on
        std::size_t next_at = 0;
        std::size_t held = 0;
        bool hurry = false;
        bool writing = false;
        bool ending = false;
        bool ended = false;
    };

    std::shared_ptr<State> state_;
    std::thread thread_;
};

}  // namespace sni::log
