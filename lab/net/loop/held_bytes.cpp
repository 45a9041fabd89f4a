#include "lab/net/loop/held_bytes.h"

#include <cassert>
#include <new>
#include <utility>

#include "lab/net/loop/stream.h"

namespace sni::net {

namespace {

bool are_of_one_relay(const Stream& one, const Stream& other) {
    return one.waiter() && one.waiter() == other.waiter();
}

}  // namespace

std::unique_ptr<HeldBlock> HeldBlock::make(HeldBytes& all, Stream& receiver, std::size_t size) {
    void* memory = ::operator new(sizeof(HeldBlock) + size);
    std::unique_ptr<HeldBlock> block(::new (memory) HeldBlock(all, receiver, size));
    all.make_room();
    return block;
}

void HeldBlock::operator delete(void* memory) {
    ::operator delete(memory);
}

HeldBlock::HeldBlock(HeldBytes& all, Stream& receiver, std::size_t size)
    : all_(all), receiver_(receiver), size_(static_cast<std::uint32_t>(size)) {
    enter();
}

HeldBlock::~HeldBlock() {
    leave();
}

void HeldBlock::enter() {
    entered_ = true;
    ++all_.count_;
    all_.bytes_ += size_;
    older_ = std::exchange(all_.newest_, this);
    (older_ ? older_->newer_ : all_.oldest_) = this;
}

void HeldBlock::leave() {
    if (!std::exchange(entered_, false)) return;
    assert(all_.count_ > 0 && all_.bytes_ >= size_ && "it was counted when it entered");
    --all_.count_;
    all_.bytes_ -= size_;
    (older_ ? older_->newer_ : all_.oldest_) = newer_;
    (newer_ ? newer_->older_ : all_.newest_) = older_;
    older_ = newer_ = nullptr;
}

std::byte* HeldBlock::data() const {
    return reinterpret_cast<std::byte*>(const_cast<HeldBlock*>(this) + 1);
}

/// The newest is the one that room is made for: its relay is at work, and looks for itself. Where
/// that relay has to go, all that it holds goes with it, and nobody else has to.
void HeldBytes::make_room() {
    const HeldBlock* const asking = newest_;
    while (bytes_ > most_) {
        assert(oldest_ && "bytes are those of blocks that are in the list");
        HeldBlock& oldest = *oldest_;
        const bool own = &oldest == asking || are_of_one_relay(oldest.receiver_, asking->receiver_);
        oldest.leave();
        ++crowded_out_;
        oldest.receiver_.crowd_out(!own);  // another's relay ends before this returns
        if (own) return;
    }
}

}  // namespace sni::net
