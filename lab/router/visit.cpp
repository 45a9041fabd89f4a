#include "lab/router/visit.h"

#include <exception>
#include <utility>

#include <malloc.h>

namespace sni::router {

namespace {

/// malloc(3) keeps what a crowd of connections held when the crowd is gone, unless it is told to
/// let go: asked once for each crowd, since asking costs a millisecond.
void give_back_memory(Desk& desk) noexcept {
    constexpr std::size_t kCrowd = 256;
    const std::size_t live = desk.live;
    if (desk.crowd < kCrowd || live > desk.crowd / 4) return;
    try {
        desk.loop.post([] { ::malloc_trim(0); });  // when what ends with this round is freed
        desk.crowd = live;
    } catch (const std::exception&) {
        return;  // the next one that ends asks again
    }
}

}  // namespace

Visit::Visit(Desk& desk, const Endpoint& client)
    : desk_(desk), began_(net::Clock::now()), older_(std::exchange(desk.newest, this)) {
    if (older_) older_->newer_ = this;
    record.id = desk.next_id;
    desk.next_id += desk.id_step;
    record.client = client;
    record.accepted = std::chrono::system_clock::now();
    desk.crowd = std::max<std::size_t>(desk.crowd, ++desk.live);
}

Visit::~Visit() {
    (newer_ ? newer_->older_ : desk_.newest) = older_;
    if (older_) older_->newer_ = newer_;
    record.ended = since_accept();
    ++desk_.counters.ended[static_cast<std::size_t>(record.outcome)];
    desk_.counters.bytes_up += record.bytes_up;
    desk_.counters.bytes_down += record.bytes_down;
    desk_.counters.too_slow +=
        record.client_end == net::Ending::too_slow || record.backend_end == net::Ending::too_slow;
    try {
        if (desk_.options.on_record) desk_.options.on_record(std::move(record));
    } catch (const std::exception&) {
        ++desk_.counters.lost_records;  // no memory for it
    }
    --desk_.live;
    give_back_memory(desk_);
    desk_.on_end();
}

LiveConnection Visit::look() const {
    using enum LiveConnection::State;
    const net::RelayResult so_far = moved();
    return {
        .id = record.id,
        .client = record.client,
        .state = record.client_end != net::Ending::open ? refusing
                 : record.connected                     ? relaying
                 : record.hello                         ? dialling
                                                        : hello,
        .sni = record.sni,
        .backend = record.backend,
        .bytes_up = so_far.up,
        .bytes_down = so_far.down,
        .age = since_accept(),
    };
}

Snapshot look(const Desk& desk, std::size_t connections) {
    Snapshot snapshot{.counters = desk.counters,
                      .live = desk.live,
                      .stalled = desk.stalled.count(),
                      .stalled_bytes = desk.stalled.bytes(),
                      .stalled_most = desk.stalled.most(),
                      .held = desk.loop.held().count(),
                      .held_bytes = desk.loop.held().bytes(),
                      .held_most = desk.loop.held().most()};
    for (const Visit* visit = desk.newest; visit; visit = visit->older()) {
        const net::RelayResult moved = visit->moved();
        snapshot.counters.bytes_up += moved.up;
        snapshot.counters.bytes_down += moved.down;
        if (snapshot.connections.size() < connections) {
            snapshot.connections.push_back(visit->look());
        }
    }
    return snapshot;
}

}  // namespace sni::router
