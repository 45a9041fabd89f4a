// What relays hold of bytes that were read and could not be passed on: the receiver is slow, or
// reads nothing at all. Inside lab/net only, but for the figures.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>

#include "lab/core/bytes.h"

namespace sni::net {

class HeldBlock;
class Stream;

/// Those of one thread, in the order in which they got stuck, or took something last. When they
/// would hold more than they may, the receiver that took nothing for longest has to go.
class HeldBytes {
  public:
    static constexpr std::size_t kUnlimited = std::numeric_limits<std::size_t>::max();

    explicit HeldBytes(std::size_t most) : most_(most) {}
    HeldBytes(const HeldBytes&) = delete;
    HeldBytes& operator=(const HeldBytes&) = delete;

    std::size_t count() const { return count_; }
    std::size_t bytes() const { return bytes_; }
    std::size_t most() const { return most_; }
    /// The same in pipes, which the pool bounds; they become blocks when they are given up.
    std::size_t piped() const { return piped_; }
    void into_pipe(std::size_t bytes) { piped_ += bytes; }
    void out_of_pipe(std::size_t bytes) {
        assert(bytes <= piped_ && "what leaves a pipe has entered it");
        piped_ -= bytes;
    }
    /// Receivers that had to go so far.
    std::uint64_t crowded_out() const { return crowded_out_; }

  private:
    friend class HeldBlock;
    void make_room();

    const std::size_t most_;
    std::size_t count_ = 0;
    std::size_t bytes_ = 0;
    std::size_t piped_ = 0;
    std::uint64_t crowded_out_ = 0;
    HeldBlock* oldest_ = nullptr;
    HeldBlock* newest_ = nullptr;
};

/// The bytes held for one receiver, which outlives it, with what is known about them in one piece
/// of memory: a relay that holds nothing pays a pointer for it.
class HeldBlock {
  public:
    /// Room for `size` bytes, none of which is filled; `receiver` is on the thread of `all`. Throws
    /// std::bad_alloc. May crowd others out, or this one: then receiver.crowded_out() is true.
    static std::unique_ptr<HeldBlock> make(HeldBytes& all, Stream& receiver, std::size_t size);
    ~HeldBlock();
    HeldBlock(const HeldBlock&) = delete;
    HeldBlock& operator=(const HeldBlock&) = delete;

    Bytes bytes() const { return {data() + begin_, end_ - begin_}; }
    bool empty() const { return begin_ == end_; }
    /// What can still be filled, behind bytes(); and `count` of it was.
    std::span<std::byte> free() { return {data() + end_, size_ - end_}; }
    void filled(std::size_t count) {
        assert(count <= free().size() && "it was written there");
        end_ += static_cast<std::uint32_t>(count);
    }
    /// `count` of bytes() were taken: others have taken nothing for longer, from now on.
    void drop(std::size_t count) {
        assert(count <= bytes().size() && "it was sent from there");
        begin_ += static_cast<std::uint32_t>(count);
        if (count == 0 || !entered_) return;
        leave();
        enter();
    }

    static void operator delete(void* memory);

  private:
    friend class HeldBytes;
    HeldBlock(HeldBytes& all, Stream& receiver, std::size_t size);
    std::byte* data() const;
    void enter();
    void leave();

    HeldBytes& all_;
    Stream& receiver_;
    HeldBlock* older_ = nullptr;
    HeldBlock* newer_ = nullptr;
    const std::uint32_t size_;
    std::uint32_t begin_ = 0;
    std::uint32_t end_ = 0;
    bool entered_ = false;
};

}  // namespace sni::net
