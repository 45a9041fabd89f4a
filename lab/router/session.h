// One connection from accept to its end, as the context knows it.
#pragma once

#include <algorithm>
#include <chrono>
#include <memory>

#include "lab/net/loop/net.h"
#include "lab/router/packed_record.h"
#include "lab/router/serve.h"

namespace sni::router {

/// The record of a connection, filed when its holder lets it go; until then the context can find
/// it.
class Session final : public net::Relayed {
  public:
    Session(WorkerContext& context, const Endpoint& client);
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;
    ~Session() override;

    /// What is known so far. Not once it is relayed().
    SessionRecord& record() { return *record_; }
    /// Who sees its bytes, null for nobody; and who shall from now on.
    Observer* observer() override { return observer_.get(); }
    void observe(std::unique_ptr<Observer> observer) { observer_ = std::move(observer); }

    /// By a clock of its own: the loop's stands still while it works off what came together.
    std::chrono::nanoseconds since_accept() const { return net::Clock::now() - began_; }
    void heard_hello() {
        const std::chrono::nanoseconds heard = since_accept();
        record().hello = heard;
        context_.counters.hello.add(heard);
    }
    /// Its backend is there, which gets `ahead` bytes of ours first. From here on a relay is all
    /// that there is to it, and it takes few bytes.
    void relayed(std::size_t ahead) noexcept;
    void ended(const net::RelayResult& result) noexcept override;

    LiveConnection look() const;
    /// By the relay so far.
    net::RelayResult moved() const {
        net::RelayResult moved = so_far();
        moved.up = without_ahead(moved.up);
        return moved;
    }
    Session* older() const { return older_; }

  private:
    std::uint64_t without_ahead(std::uint64_t up) const {
        return up - std::min<std::uint64_t>(up, ahead_);
    }
    void unpack() noexcept;
    void count(const SessionRecord& record);
    template <class Make>
    void file(Make&& make) noexcept;

    WorkerContext& context_;
    net::Clock::time_point began_;
    // While it is relayed the record is packed, unless there was no memory for that.
    std::unique_ptr<SessionRecord> record_;
    PackedRecord packed_;
    std::unique_ptr<Observer> observer_;
    Session* older_;
    Session* newer_ = nullptr;
    std::uint32_t ahead_ = 0;
};

}  // namespace sni::router
