#include "lab/router/packed_record.h"

#include <array>
#include <limits>
#include <random>

#include "tests/support/catch.h"

namespace router_packed_record_test {

using namespace sni;
using namespace sni::router;

namespace {

using std::chrono::nanoseconds;

/// What a router remembers of a usual client.
SessionRecord usual() {
    SessionRecord record;
    record.id = 40'000;
    record.client = {Endpoint::Kind::ipv4, "203.0.113.250", 50'123};
    record.outcome = Outcome::routed;
    record.sni = "shop.example.com";
    record.route = "*.example.com";
    record.backend = {Endpoint::Kind::ipv4, "192.0.2.10", 9443};
    record.tries = 1;
    record.accepted = std::chrono::system_clock::time_point(nanoseconds(1'764'000'000'123'456'789));
    record.hello = std::chrono::microseconds(180);
    record.connected = std::chrono::microseconds(420);
    return record;
}

/// Records with any of everything, and with the ways to write an address that are not the usual
/// ones.
class Dice {
  public:
    explicit Dice(unsigned seed) : random_(seed) {}

    SessionRecord record() {
        static constexpr std::array<std::string_view, 4> kSaw{"", "nothing", "http", "ssh"};
        SessionRecord r;
        r.id = number();
        r.client = endpoint();
        if (coin()) r.proxy_source = endpoint();
        r.outcome = static_cast<Outcome>(below(kOutcomes));
        r.ech_offered = coin();
        if (coin()) r.sni = text();
        for (std::size_t names = coin() ? below(18) : 0; names > 0; --names) {
            r.alpn.push_back(text());
        }
        r.sni_more = static_cast<std::uint32_t>(number());
        r.alpn_more = static_cast<std::uint32_t>(number());
        r.ja4 = text();
        r.route = text();
        if (coin()) r.backend = endpoint();
        if (coin()) r.address = endpoint();
        r.error = static_cast<int>(number());
        r.tries = static_cast<std::uint16_t>(number());
        if (coin()) r.listener = endpoint();
        r.saw = kSaw[below(kSaw.size())];
        r.bytes_up = number();
        r.bytes_down = number();
        r.accepted = std::chrono::system_clock::time_point(time());
        if (coin()) r.hello = time();
        if (coin()) r.connected = time();
        r.ended = time();
        r.client_end = static_cast<net::Ending>(below(6));
        r.backend_end = static_cast<net::Ending>(below(6));
        return r;
    }

  private:
    std::size_t below(std::size_t end) { return random_() % end; }
    bool coin() { return below(2) == 0; }
    /// Of any length, zero and the largest among them.
    std::uint64_t number() {
        const std::uint64_t shift = below(65);
        return shift == 64 ? 0 : random_() >> shift;
    }
    nanoseconds time() { return nanoseconds(static_cast<std::int64_t>(number())); }
    std::string text() {
        std::string text(below(3) == 0 ? below(300) : below(20), '\0');
        for (char& each : text) {
            each = static_cast<char>(random_());
        }
        return text;
    }
    Endpoint endpoint() {
        static const std::array<std::string, 26> kHosts{"127.0.0.1",
                                                        "0.0.0.0",
                                                        "255.255.255.255",
                                                        "10.0.0.1",
                                                        "01.2.3.4",
                                                        "1.2.3",
                                                        "1.2.3.4.5",
                                                        "1.2.3.256",
                                                        "1.2.3.",
                                                        "",
                                                        "1..2.3",
                                                        "+1.2.3.4",
                                                        "1.2.3.4 ",
                                                        "::1",
                                                        "::",
                                                        "2001:db8::1",
                                                        "2001:DB8::1",
                                                        "0:0:0:0:0:0:0:1",
                                                        "fe80::1%eth0",
                                                        "::ffff:1.2.3.4",
                                                        "::1.2.3.4",
                                                        "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
                                                        "/run/a.sock",
                                                        "backend.example.com",
                                                        "::1/",
                                                        "1:2:3:4:5:6:7::"};
        Endpoint endpoint;
        endpoint.kind = static_cast<Endpoint::Kind>(below(4));
        endpoint.host = below(4) == 0 ? text() : kHosts[below(kHosts.size())];
        endpoint.port = static_cast<std::uint16_t>(number());
        return endpoint;
    }

    std::mt19937_64 random_;
};

}  // namespace

TEST_CASE("a packed record comes out as it went in", "[router]") {
    SECTION("as it was made") {
        CHECK(PackedRecord(SessionRecord()).unpacked() == SessionRecord());
    }
    SECTION("of a usual client") {
        CHECK(PackedRecord(usual()).unpacked() == usual());
    }
    SECTION("with an empty name, which is not none") {
        SessionRecord record;
        record.sni = "";
        record.hello = nanoseconds(0);
        record.alpn.assign(3, "");
        CHECK(PackedRecord(record).unpacked() == record);
    }
    SECTION("with the farthest numbers") {
        SessionRecord record;
        record.id = std::numeric_limits<std::uint64_t>::max();
        record.error = std::numeric_limits<int>::min();
        record.tries = std::numeric_limits<std::uint16_t>::max();
        record.ended = nanoseconds::min();
        record.hello = nanoseconds::max();
        record.accepted = std::chrono::system_clock::time_point::min();
        CHECK(PackedRecord(record).unpacked() == record);
    }
    SECTION("with any of everything") {
        Dice dice(1);
        for (int i = 0; i < 20'000; ++i) {
            const SessionRecord record = dice.record();
            const bool same = PackedRecord(record).unpacked() == record;
            CAPTURE(i);
            REQUIRE(same);
        }
    }
}

TEST_CASE("a packed record can be unpacked twice, and none is none", "[router]") {
    const PackedRecord packed(usual());
    REQUIRE(packed);
    CHECK(packed.unpacked() == packed.unpacked());
    CHECK_FALSE(PackedRecord());
}

}  // namespace router_packed_record_test
