#include "lab/torture/show/pcap.h"

#include <algorithm>
#include <cstdint>

namespace sni::torture {

namespace {

constexpr std::size_t kHeaders = 40;          // IPv4 and TCP, without options
constexpr std::size_t kMostPayload = 65'000;  // of the 65,535 bytes that a packet may have
constexpr std::uint32_t kClient = 0xc0000207;
constexpr std::uint32_t kGateway = 0xcb007101;
constexpr std::uint16_t kClientPort = 40'000;
constexpr std::uint16_t kGatewayPort = 443;

enum Flag : std::uint8_t { fin = 1, syn = 2, rst = 4, psh = 8, ack = 16 };

/// RFC 1071.
std::uint16_t checksum(const Buffer& bytes) {
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        sum += std::to_integer<std::uint32_t>(bytes[i]) << (i % 2 == 0 ? 8 : 0);
    }
    while (sum > 0xffff) {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return static_cast<std::uint16_t>(~sum);
}

void put(Buffer& bytes, std::size_t at, std::uint16_t value) {
    bytes[at] = static_cast<std::byte>(value >> 8);
    bytes[at + 1] = static_cast<std::byte>(value & 0xff);
}

class Capture {
  public:
    Capture() {
        little(0xa1b2c3d4, 4);
        little(2, 2);
        little(4, 2);
        little(0, 8);
        little(65'535, 4);
        little(101, 4);  // LINKTYPE_RAW
    }

    void wait(std::chrono::milliseconds time) { now_ += time; }
    void from_client(unsigned flags, const Buffer& payload = {}) {
        packet(true, flags, client_next_, gateway_next_, payload);
        client_next_ += next_of(flags, payload);
    }
    void from_gateway(unsigned flags) {
        packet(false, flags, gateway_next_, client_next_, {});
        gateway_next_ += next_of(flags, {});
    }
    std::string take() { return std::move(file_); }

  private:
    static std::uint32_t next_of(unsigned flags, const Buffer& payload) {
        return static_cast<std::uint32_t>(payload.size()) + ((flags & (syn | fin)) != 0 ? 1 : 0);
    }
    /// The file's own fields.
    void little(std::uint64_t value, std::size_t width) {
        for (; width > 0; --width, value >>= 8) {
            file_ += static_cast<char>(value & 0xff);
        }
    }
    void packet(bool up, unsigned flags, std::uint32_t sequence, std::uint32_t acknowledged,
                const Buffer& payload) {
        const Buffer addresses =
            number(up ? kClient : kGateway, 4) + number(up ? kGateway : kClient, 4);
        Buffer ip = number(0x4500, 2) + number(kHeaders + payload.size(), 2) +
                    number(packets_++, 2) + number(0x4000, 2) + number(64, 1) + number(6, 1) +
                    number(0, 2) + addresses;
        put(ip, 10, checksum(ip));
        Buffer tcp = number(up ? kClientPort : kGatewayPort, 2) +
                     number(up ? kGatewayPort : kClientPort, 2) + number(sequence, 4) +
                     number((flags & ack) != 0 ? acknowledged : 0, 4) + number(0x5000 | flags, 2) +
                     number(65'535, 2) + number(0, 4) + payload;
        put(tcp, 16, checksum(addresses + number(6, 2) + number(tcp.size(), 2) + tcp));
        const auto microseconds = std::chrono::microseconds(now_).count();
        little(static_cast<std::uint64_t>(microseconds / 1'000'000), 4);
        little(static_cast<std::uint64_t>(microseconds % 1'000'000), 4);
        little(ip.size() + tcp.size(), 4);
        little(ip.size() + tcp.size(), 4);
        file_ += as_text(ip);
        file_ += as_text(tcp);
    }

    std::string file_;
    std::chrono::milliseconds now_{0};
    std::size_t packets_ = 1;
    std::uint32_t client_next_ = 1'000;
    std::uint32_t gateway_next_ = 2'000;
};

}  // namespace

std::string to_pcap(const Shape& shape) {
    Capture capture;
    capture.from_client(syn);
    capture.from_gateway(syn | ack);
    capture.from_client(ack);
    for (const Segment& segment : shape.segments) {
        capture.wait(segment.pause);
        for (std::size_t at = 0; at < segment.bytes.size(); at += kMostPayload) {
            const auto first = segment.bytes.begin() + static_cast<std::ptrdiff_t>(at);
            const std::size_t size = std::min(kMostPayload, segment.bytes.size() - at);
            capture.from_client(psh | ack,
                                Buffer(first, first + static_cast<std::ptrdiff_t>(size)));
            capture.from_gateway(ack);
        }
    }
    capture.wait(shape.after);
    if (shape.then == Then::half_close || shape.then == Then::end_later) {
        capture.from_client(fin | ack);
        capture.from_gateway(ack);
    }
    if (shape.then == Then::reset || shape.then == Then::reset_now) capture.from_client(rst | ack);
    return capture.take();
}

}  // namespace sni::torture
