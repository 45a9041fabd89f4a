// The record of a connection in few bytes: a router keeps thousands of connections of which it
// learns nothing more until they end. Pure.
#pragma once

#include <cstddef>
#include <memory>

#include "lab/router/session_record.h"

namespace sni::router {

/// One SessionRecord in a single piece of memory, or none: some 70 bytes of a usual one, where the
/// struct alone takes five times as many.
class PackedRecord {
  public:
    PackedRecord() = default;
    /// It is none when there is no memory for it.
    explicit PackedRecord(const SessionRecord& record) noexcept;

    explicit operator bool() const { return bytes_ != nullptr; }
    /// As it went in; there must be one. Throws std::bad_alloc.
    SessionRecord unpacked() const;

  private:
    std::unique_ptr<std::byte[]> bytes_;
};

}  // namespace sni::router
