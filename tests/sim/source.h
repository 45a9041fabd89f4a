// What one side of a connection says, without keeping it: a head of its own, and behind it bytes
// that anybody can compute from where they stand.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "lab/core/bytes.h"

namespace sni::sim {

class Source {
  public:
    Source() = default;
    /// `size` bytes in all; `salt` tells its bytes from those of others.
    Source(std::vector<std::byte> head, std::uint64_t size, std::uint64_t salt)
        : head_(std::move(head)),
          size_(std::max<std::uint64_t>(size, head_.size())),
          salt_(salt * 104'729) {}

    std::uint64_t size() const { return size_; }
    std::uint64_t head() const { return head_.size(); }

    /// Of one without bytes that anybody can compute: says `more`, too.
    void append(Bytes more) {
        head_.insert(head_.end(), more.begin(), more.end());
        size_ = head_.size();
    }

    /// Fills `out` with what stands from `at` on.
    void copy(std::uint64_t at, std::span<std::byte> out) const {
        each(at, out.size(), [&](std::size_t done, Bytes part) {
            std::memcpy(out.data() + done, part.data(), part.size());
            return true;
        });
    }
    /// Are these the bytes from `at` on?
    bool says(std::uint64_t at, Bytes bytes) const {
        if (at + bytes.size() > size_) return false;
        return each(at, bytes.size(), [&](std::size_t done, Bytes part) {
            return std::memcmp(bytes.data() + done, part.data(), part.size()) == 0;
        });
    }

  private:
    static constexpr std::size_t kPattern = 1u << 16;
    static const std::array<std::byte, kPattern>& pattern() {
        static const std::array<std::byte, kPattern> bytes = [] {
            std::array<std::byte, kPattern> made{};
            std::uint32_t state = 1;
            for (std::byte& byte : made) {
                state = state * 1'664'525 + 1'013'904'223;
                byte = static_cast<std::byte>(state >> 24);
            }
            return made;
        }();
        return bytes;
    }

    template <class Visit>
    bool each(std::uint64_t at, std::size_t count, Visit visit) const {
        for (std::size_t done = 0; done < count;) {
            Bytes part;
            if (at + done < head_.size()) {
                part = Bytes(head_).subspan(at + done);
            } else {
                part = Bytes(pattern()).subspan((salt_ + at + done) % kPattern);
            }
            part = part.first(std::min(part.size(), count - done));
            if (!visit(done, part)) return false;
            done += part.size();
        }
        return true;
    }

    std::vector<std::byte> head_;
    std::uint64_t size_ = 0;
    std::uint64_t salt_ = 0;
};

}  // namespace sni::sim
