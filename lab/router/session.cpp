#include "lab/router/session.h"

#include <exception>
#include <new>
#include <utility>

#include <malloc.h>

namespace sni::router {

namespace {

/// malloc(3) keeps what many connections held when they are gone, unless it is told to
/// let go: asked once for each crowd, since asking costs a millisecond.
void give_back_memory(WorkerContext& context) noexcept {
    constexpr std::size_t kCrowd = 256;
    const std::size_t live = context.live;
    if (context.peak < kCrowd || live > context.peak / 4) return;
    try {
        context.loop.post([] { ::malloc_trim(0); });  // when what ends with this round is freed
        context.peak = live;
    } catch (const std::exception&) {
        return;  // the next one that ends asks again
    }
}

}  // namespace

Session::Session(WorkerContext& context, const Endpoint& client)
    : context_(context),
      began_(net::Clock::now()),
      record_(std::make_unique<SessionRecord>(SessionRecord{.client = client})),
      older_(std::exchange(context.newest, this)) {
    if (older_) older_->newer_ = this;
    record().id = context.next_id;
    context.next_id += context.id_step;
    record().accepted = std::chrono::system_clock::now();
    context.peak = std::max<std::size_t>(context.peak, ++context.live);
}

void Session::relayed(std::size_t ahead) noexcept {
    ahead_ = static_cast<std::uint32_t>(ahead);
    const std::chrono::nanoseconds connected = since_accept();
    record().connected = connected;
    context_.counters.connect.add(connected - record().hello.value_or(std::chrono::nanoseconds(0)));
    record().outcome = Outcome::routed;
    packed_ = PackedRecord(record());
    if (packed_) record_.reset();
}

/// What is counted needs no memory, and where nobody asks for records none is unpacked.
void Session::ended(const net::RelayResult& result) noexcept {
    const auto tell = [&](SessionRecord& record) {
        record.bytes_up = without_ahead(result.up);
        record.bytes_down = result.down;
        record.client_end = result.a;
        record.backend_end = result.b;
    };
    if (observer_ && !record_) unpack();
    if (record_) return tell(*record_);  // and filed as any other
    SessionRecord brief{.outcome = Outcome::routed, .connected = since_accept()};
    tell(brief);
    if (observer_) observer_->ended(brief);
    count(brief);
    file([&] {
        SessionRecord record = packed_.unpacked();
        tell(record);
        record.ended = since_accept();
        return record;
    });
}

/// If there is memory for it.
void Session::unpack() noexcept {
    try {
        record_ = std::make_unique<SessionRecord>(packed_.unpacked());
    } catch (const std::bad_alloc&) {
        return;
    }
}

Session::~Session() {
    (newer_ ? newer_->older_ : context_.newest) = older_;
    if (older_) older_->newer_ = newer_;
    if (record_) {
        record().ended = since_accept();
        if (observer_) observer_->ended(record());
        count(record());
        file([this] { return std::move(record()); });
    }
    --context_.live;
    give_back_memory(context_);
    context_.on_end();
}

void Session::count(const SessionRecord& record) {
    ++context_.counters.ended[static_cast<std::size_t>(record.outcome)];
    context_.counters.bytes_up += record.bytes_up;
    context_.counters.bytes_down += record.bytes_down;
    context_.counters.too_slow +=
        record.client_end == net::Ending::too_slow || record.backend_end == net::Ending::too_slow;
}

/// What `make` makes, for whoever asks for records.
template <class Make>
void Session::file(Make&& make) noexcept {
    if (!context_.options.on_record) return;
    try {
        context_.options.on_record(make());
    } catch (const std::exception&) {
        ++context_.counters.lost_records;  // no memory for it
    }
}

LiveConnection Session::look() const {
    using enum LiveConnection::State;
    const net::RelayResult so_far = moved();
    const SessionRecord unpacked = !record_ ? packed_.unpacked() : SessionRecord();
    const SessionRecord& record = record_ ? *record_ : unpacked;
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

Snapshot look(const WorkerContext& context, std::size_t connections) {
    Snapshot snapshot{.counters = context.counters,
                      .live = context.live,
                      .stalled = context.stalled.count(),
                      .stalled_bytes = context.stalled.bytes(),
                      .stalled_most = context.stalled.most(),
                      .held = context.loop.held().count(),
                      .held_bytes = context.loop.held().bytes(),
                      .held_most = context.loop.held().most()};
    for (const Session* session = context.newest; session; session = session->older()) {
        const net::RelayResult moved = session->moved();
        snapshot.counters.bytes_up += moved.up;
        snapshot.counters.bytes_down += moved.down;
        if (snapshot.connections.size() < connections) {
            snapshot.connections.push_back(session->look());
        }
    }
    return snapshot;
}

}  // namespace sni::router
