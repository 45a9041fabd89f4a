#include "lab/torture/show/pcap.h"

#include "lab/torture/generator.h"
#include "tests/support/catch.h"

namespace torture_show_pcap_test {

using namespace sni;
using torture::Shape;
using torture::Then;

namespace {

std::uint64_t little(std::string_view text) {
    std::uint64_t value = 0;
    for (std::size_t i = text.size(); i-- > 0;) {
        value = value << 8 | static_cast<unsigned char>(text[i]);
    }
    return value;
}

/// A packet of the file, read again by offsets.
struct Packet {
    std::uint64_t milliseconds = 0;
    bool from_client = false;
    unsigned flags = 0;
    std::string payload;
};

std::uint16_t sum(std::string_view bytes) {
    std::uint32_t all = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        all += static_cast<unsigned char>(bytes[i]) * (i % 2 == 0 ? 256u : 1u);
    }
    while (all > 0xffff)
        all = (all & 0xffff) + (all >> 16);
    return static_cast<std::uint16_t>(all);
}

std::vector<Packet> packets_of(std::string_view file) {
    REQUIRE(file.size() >= 24);
    CHECK(little(file.substr(0, 4)) == 0xa1b2c3d4);
    CHECK(little(file.substr(20, 4)) == 101);
    std::vector<Packet> packets;
    for (file.remove_prefix(24); !file.empty();) {
        const std::size_t size = little(file.substr(8, 4));
        REQUIRE(size == little(file.substr(12, 4)));
        const std::string_view packet = file.substr(16, size);
        REQUIRE(packet.size() == size);
        CHECK(sum(packet.substr(0, 20)) == 0xffff);
        const std::string pseudo = std::string(packet.substr(12, 8)) + std::string("\0\x06", 2) +
                                   static_cast<char>((size - 20) >> 8) +
                                   static_cast<char>((size - 20) & 0xff);
        CHECK(sum(pseudo + std::string(packet.substr(20))) == 0xffff);
        packets.push_back({little(file.substr(0, 4)) * 1000 + little(file.substr(4, 4)) / 1000,
                           packet[22] == '\x01' && packet[23] == '\xbb',
                           static_cast<unsigned char>(packet[33]), std::string(packet.substr(40))});
        file.remove_prefix(16 + size);
    }
    return packets;
}

}  // namespace

TEST_CASE("a capture holds the shape's segments, each in a packet, with its pauses", "[torture]") {
    for (const Shape& shape : torture::all_shapes("a.test")) {
        CAPTURE(shape.name);
        const std::vector<Packet> packets = packets_of(to_pcap(shape));
        REQUIRE(packets.size() >= 5);
        CHECK(packets[0].flags == 2);   // SYN
        CHECK(packets[1].flags == 18);  // SYN, ACK
        std::string sent;
        std::vector<std::string> payloads;
        std::uint64_t pauses = 0;
        for (const Packet& packet : packets) {
            if (!packet.from_client || packet.payload.empty()) continue;
            payloads.push_back(packet.payload);
            sent += packet.payload;
        }
        for (const torture::Segment& segment : shape.segments) {
            pauses += static_cast<std::uint64_t>(segment.pause.count());
        }
        CHECK(sent == as_text(shape.wire()));
        const bool later = shape.then == Then::end_later;
        CHECK(packets.back().milliseconds ==
              pauses + static_cast<std::uint64_t>(shape.after.count()));
        if (sent.size() < 60'000) CHECK(payloads.size() == shape.segments.size());
        const bool fin = (packets[packets.size() - 2].flags & 1) != 0;
        CHECK(fin == (later || shape.then == Then::half_close));
        const bool rst = (packets.back().flags & 4) != 0;
        CHECK(rst == (shape.then == Then::reset || shape.then == Then::reset_now));
    }
}

}  // namespace torture_show_pcap_test
