#include "lab/router/packed_record.h"

#include <array>
#include <charconv>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <new>
#include <type_traits>
#include <utility>

#include <arpa/inet.h>

namespace sni::router {

namespace {

/// The four bytes of an address that is written as to_ipv4_text() writes it.
std::optional<std::array<unsigned char, 4>> ipv4_bytes(std::string_view text) {
    std::array<unsigned char, 4> bytes{};
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        if (i > 0 && !text.starts_with('.')) return std::nullopt;
        if (i > 0) text.remove_prefix(1);
        const auto [behind, error] = std::from_chars(text.begin(), text.end(), bytes[i]);
        const auto length = static_cast<std::size_t>(behind - text.begin());
        if (error != std::errc() || (text.front() == '0' && length > 1)) return std::nullopt;
        text.remove_prefix(length);
    }
    if (!text.empty()) return std::nullopt;
    return bytes;
}

std::string to_ipv4_text(const std::array<unsigned char, 4>& bytes) {
    std::array<char, INET_ADDRSTRLEN> text{};
    char* at = text.data();
    for (const unsigned char byte : bytes) {
        if (at != text.data()) *at++ = '.';
        at = std::to_chars(at, text.data() + text.size(), byte).ptr;
    }
    return {text.data(), at};
}

std::string to_ipv6_text(const std::array<unsigned char, 16>& bytes) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    ::inet_ntop(AF_INET6, bytes.data(), text.data(), text.size());
    return text.data();
}

/// The same for the usual way to write one (RFC 5952), and no other: it would not come back.
std::optional<std::array<unsigned char, 16>> ipv6_bytes(const std::string& text) {
    std::array<unsigned char, 16> bytes{};
    if (text.size() >= INET6_ADDRSTRLEN) return std::nullopt;
    if (::inet_pton(AF_INET6, text.c_str(), bytes.data()) != 1) return std::nullopt;
    if (to_ipv6_text(bytes) != text) return std::nullopt;
    return bytes;
}

/// How the host of an endpoint is kept, beside its kind.
constexpr unsigned kInBytes = 4;

/// All of a record, in this order. Each is named, so that one that is added does not compile until
/// it is here.
template <class Record, class Visit>
void visit_all(Record& record, Visit&& visit) {
    auto& [id, client, proxy_source, outcome, ech_offered, sni, alpn, sni_more, alpn_more, ja4,
           route, backend, address, error, tries, listener, saw, bytes_up, bytes_down, accepted,
           hello, connected, ended, client_end, backend_end] = record;
    visit(id, client, proxy_source, outcome, ech_offered, sni, alpn, sni_more, alpn_more, ja4,
          route, backend, address, error, tries, listener, saw, bytes_up, bytes_down, accepted,
          hello, connected, ended, client_end, backend_end);
}

/// Writes which fields there are, then those one behind the other. Without a place to write to it
/// counts.
class RecordPacker {
  public:
    explicit RecordPacker(std::byte* to) : to_(to) {}
    std::size_t size() const { return size_; }

    template <class... Field>
    void operator()(const Field&... fields) {
        static_assert(sizeof...(fields) <= 32);
        std::uint32_t present = 0;
        unsigned at = 0;
        ((present |= std::uint32_t{fields != Field{}} << at++), ...);
        raw(&present, sizeof present);
        at = 0;
        ((present >> at++ & 1 ? put(fields) : void()), ...);
    }

  private:
    void raw(const void* from, std::size_t size) {
        if (to_ && size > 0) std::memcpy(to_ + size_, from, size);
        size_ += size;
    }
    void put(std::uint64_t value) {
        for (; value >= 0x80; value >>= 7) {
            put_byte(static_cast<unsigned char>(value | 0x80));
        }
        put_byte(static_cast<unsigned char>(value));
    }
    void put_byte(unsigned char byte) { raw(&byte, 1); }
    template <class T>
        requires std::unsigned_integral<T> || std::same_as<T, int> || std::is_enum_v<T>
    void put(T value) {
        put(static_cast<std::uint64_t>(value));
    }
    void put(std::chrono::nanoseconds value) { put(static_cast<std::uint64_t>(value.count())); }
    void put(std::chrono::system_clock::time_point value) { raw(&value, sizeof value); }
    void put(const std::string& value) {
        put(value.size());
        raw(value.data(), value.size());
    }
    /// Of what the program has and nobody frees.
    void put(std::string_view value) { raw(&value, sizeof(std::string_view)); }
    void put(const std::vector<std::string>& values) {
        put(values.size());
        for (const std::string& value : values) {
            put(value);
        }
    }
    void put(const Endpoint& value) {
        const auto kind = static_cast<unsigned>(value.kind);
        const auto in_bytes = [&](const auto& bytes) {
            put_byte(static_cast<unsigned char>(kind | kInBytes));
            raw(bytes->data(), bytes->size());
        };
        const auto v4 = value.kind == Endpoint::Kind::ipv4 ? ipv4_bytes(value.host) : std::nullopt;
        const auto v6 = value.kind == Endpoint::Kind::ipv6 ? ipv6_bytes(value.host) : std::nullopt;
        if (v4) {
            in_bytes(v4);
        } else if (v6) {
            in_bytes(v6);
        } else {
            put_byte(static_cast<unsigned char>(kind));
            put(value.host);
        }
        raw(&value.port, sizeof value.port);
    }
    template <class T>
    void put(const std::optional<T>& value) {
        if (value) put(*value);  // whoever calls has looked
    }
    void put(const Boxed<Endpoint>& value) { put(*value); }

    std::byte* to_;
    std::size_t size_ = 0;
};

/// Reads what a RecordPacker has written, and nothing else.
class RecordUnpacker {
  public:
    explicit RecordUnpacker(const std::byte* from) : from_(from) {}

    template <class... Field>
    void operator()(Field&... fields) {
        std::uint32_t present = 0;
        raw(&present, sizeof present);
        unsigned at = 0;
        ((present >> at++ & 1 ? take(fields) : void(fields = Field{})), ...);
    }

  private:
    void raw(void* to, std::size_t size) {
        std::memcpy(to, from_, size);
        from_ += size;
    }
    std::uint64_t take_number() {
        std::uint64_t number = 0;
        for (unsigned shift = 0;; shift += 7) {
            const auto byte = static_cast<unsigned char>(*from_++);
            number |= std::uint64_t{byte & 0x7Fu} << shift;
            if (byte < 0x80) return number;
        }
    }
    template <class T>
        requires std::integral<T> || std::is_enum_v<T>
    void take(T& value) {
        value = static_cast<T>(take_number());
    }
    void take(std::chrono::nanoseconds& value) {
        value = std::chrono::nanoseconds(static_cast<std::int64_t>(take_number()));
    }
    void take(std::chrono::system_clock::time_point& value) { raw(&value, sizeof value); }
    void take(std::string& value) {
        const std::size_t size = take_number();
        value.assign(reinterpret_cast<const char*>(from_), size);
        from_ += size;
    }
    void take(std::string_view& value) { raw(&value, sizeof(std::string_view)); }
    void take(std::vector<std::string>& values) {
        values.resize(take_number());
        for (std::string& value : values) {
            take(value);
        }
    }
    void take(Endpoint& value) {
        const auto how = static_cast<unsigned char>(*from_++);
        value.kind = static_cast<Endpoint::Kind>(how & ~kInBytes);
        if (!(how & kInBytes)) {
            take(value.host);
        } else if (value.kind == Endpoint::Kind::ipv4) {
            value.host = to_ipv4_text(take_bytes<4>());
        } else {
            value.host = to_ipv6_text(take_bytes<16>());
        }
        raw(&value.port, sizeof value.port);
    }
    template <std::size_t size>
    std::array<unsigned char, size> take_bytes() {
        std::array<unsigned char, size> bytes;
        raw(bytes.data(), size);
        return bytes;
    }
    template <class T>
    void take(std::optional<T>& value) {
        take(value.emplace());
    }
    void take(Boxed<Endpoint>& value) {
        value = Endpoint();
        take(*value);
    }

    const std::byte* from_;
};

}  // namespace

PackedRecord::PackedRecord(const SessionRecord& record) noexcept {
    RecordPacker counter(nullptr);
    visit_all(record, counter);
    bytes_.reset(new (std::nothrow) std::byte[counter.size()]);
    if (bytes_) visit_all(record, RecordPacker(bytes_.get()));
}

SessionRecord PackedRecord::unpacked() const {
    SessionRecord record;
    visit_all(record, RecordUnpacker(bytes_.get()));
    return record;
}

}  // namespace sni::router
