#include "lab/witness/packed_session.h"

#include <algorithm>
#include <cassert>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "lab/proof/witness_fields.h"

namespace sni::witness {

namespace {

/// Visits the fields that JSON has, too, and writes their values, one behind the other, without
/// their names. A struct that is as it was made takes one byte.
class Packer {
  public:
    explicit Packer(std::vector<char>& into) : into_(into) {}

    void operator()(const char* /*name*/, const auto& value) { put(value); }
    void if_any(const char* /*name*/, const auto& value) { put(value); }

    template <class T>
    void put(const T& value) {
        const bool any = value != T{};
        put(any);
        if (any) JsonFields<T>::visit(*this, value);
    }
    template <std::integral T>
    void put(const T& value) {
        auto rest = static_cast<std::uint64_t>(value);
        for (; rest >= 0x80; rest >>= 7) {
            into_.push_back(static_cast<char>(rest | 0x80));
        }
        into_.push_back(static_cast<char>(rest));
    }
    void put(proof::Moment value) { put(value.time_since_epoch().count()); }
    void put(const Digest& value) { put_text(as_text(value)); }
    void put(const std::string& value) {
        put(value.size());
        put_text(value);
    }
    template <class T>
    void put(const std::optional<T>& value) {
        put(value.has_value());
        if (value) put(*value);
    }
    template <class T>
    void put(const std::vector<T>& values) {
        put(values.size());
        for (const T& value : values) {
            put(value);
        }
    }

  private:
    void put_text(std::string_view text) { into_.insert(into_.end(), text.begin(), text.end()); }

    std::vector<char>& into_;
};

/// Reads what a Packer has written, and nothing else.
class Unpacker {
  public:
    explicit Unpacker(std::string_view from) : from_(from) {}

    void operator()(const char* /*name*/, auto& value) { take(value); }
    void if_any(const char* /*name*/, auto& value) { take(value); }
    bool done() const { return from_.empty(); }

    template <class T>
    void take(T& value) {
        value = {};
        bool any = false;
        take(any);
        if (any) JsonFields<T>::visit(*this, value);
    }
    template <std::integral T>
    void take(T& value) {
        std::uint64_t number = 0;
        for (unsigned shift = 0;; shift += 7) {
            const auto byte = static_cast<unsigned char>(take_text(1).front());
            number |= std::uint64_t{byte & 0x7Fu} << shift;
            if (byte < 0x80) break;
        }
        value = static_cast<T>(number);
    }
    void take(proof::Moment& value) {
        std::int64_t milliseconds = 0;
        take(milliseconds);
        value = proof::Moment(std::chrono::milliseconds(milliseconds));
    }
    void take(Digest& value) {
        std::ranges::copy(as_bytes(take_text(value.size())), value.begin());
    }
    void take(std::string& value) { value = take_text(take_size()); }
    template <class T>
    void take(std::optional<T>& value) {
        bool any = false;
        take(any);
        value.reset();  // it may be made with a value
        if (any) take(value.emplace());
    }
    template <class T>
    void take(std::vector<T>& values) {
        values.resize(take_size());
        for (T& value : values) {
            take(value);
        }
    }

  private:
    std::size_t take_size() {
        std::size_t size = 0;
        take(size);
        return size;
    }
    std::string_view take_text(std::size_t size) {
        assert(size <= from_.size());  // since all of it is a Packer's
        const std::string_view taken = from_.substr(0, size);
        from_.remove_prefix(size);
        return taken;
    }

    std::string_view from_;
};

}  // namespace

namespace {

/// So that what is kept is one piece, and no larger.
std::vector<char>& scratch() {
    thread_local std::vector<char> memory;
    memory.clear();
    return memory;
}

}  // namespace

PackedSession::PackedSession(const proof::WitnessedSession& session) {
    std::vector<char>& packed = scratch();
    Packer(packed).put(session);
    bytes_.assign(packed.begin(), packed.end());
}

void PackedSession::end(proof::Moment when, const proof::WitnessedStream& up,
                        const proof::WitnessedStream& down, const std::string& client_end,
                        const std::string& service_end) {
    std::vector<char>& packed = scratch();
    packed.assign(bytes_.begin(), bytes_.end());
    Packer packer(packed);
    packer.put(when);
    packer.put(up);
    packer.put(down);
    packer.put(client_end);
    packer.put(service_end);
    bytes_ = std::string(packed.begin(), packed.end());
}

proof::WitnessedSession PackedSession::unpacked() const {
    proof::WitnessedSession session;
    Unpacker unpacker(bytes_);
    unpacker.take(session);
    if (unpacker.done()) return session;
    unpacker.take(session.ended.emplace());
    unpacker.take(session.up);
    unpacker.take(session.down);
    unpacker.take(session.client_end);
    unpacker.take(session.service_end);
    return session;
}

}  // namespace sni::witness
