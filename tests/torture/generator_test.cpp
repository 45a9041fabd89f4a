#include "lab/torture/generator.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>

#include "lab/core/dns_name.h"
#include "lab/core/encoding.h"
#include "lab/tls/hello_sniffer.h"
#include "lab/torture/judge.h"
#include "tests/support/catch.h"
#include "tests/support/hello_difference.h"

namespace torture_generator_test {

using namespace sni;
using torture::Names;
using torture::Rule;
using torture::Shape;
using torture::Then;

namespace {

const std::string kName = "httpbin.example.com";
constexpr std::size_t kLimit = 1 << 18;

/// What the strict reader makes of a shape, segment by segment.
tls::HelloSniffer read(const std::vector<torture::Segment>& segments) {
    tls::HelloSniffer sniffer(kLimit);
    for (const torture::Segment& segment : segments) {
        if (sniffer.verdict() == tls::Verdict::need_more) sniffer.feed(segment.bytes);
    }
    return sniffer;
}

}  // namespace

TEST_CASE("the longest name is a name of 253 characters", "[torture]") {
    const std::vector<torture::Shape> shapes = torture::all_shapes("a.test");
    const auto shape = std::ranges::find(shapes, "name/of-253", &torture::Shape::name);
    REQUIRE(shape != shapes.end());
    const torture::Buffer wire = shape->wire();
    const std::string sent(as_text(wire));
    const std::size_t at = sent.find(std::string(49, 'b') + ".");
    REQUIRE(at != std::string::npos);
    CHECK(DnsName::parse(sent.substr(at, 253)).has_value());
}

TEST_CASE("there are more than 400 shapes, each with a name of its own", "[torture]") {
    std::set<std::string> names;
    std::map<std::string, int> groups;
    for (const Shape& shape : torture::all_shapes(kName)) {
        CAPTURE(shape.name);
        CHECK(names.insert(shape.name).second);
        CHECK(shape.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-./:[]") ==
              std::string::npos);
        CHECK(shape.name.find('/') != std::string::npos);
        CHECK_FALSE(shape.about.empty());
        CHECK_FALSE(shape.source.empty());
        CHECK_FALSE(shape.wire().empty());
        ++groups[std::string(shape.group())];
    }
    CHECK(names.size() >= 400);
    for (const char* group : {"seg", "rec", "size", "name", "names", "ext", "offer", "len", "cut",
                              "alien", "then", "client"}) {
        CAPTURE(group);
        CHECK(groups[group] >= 10);
    }
}

TEST_CASE("the same seed makes the same shapes, another one other bytes", "[torture]") {
    const auto shapes = torture::all_shapes(kName, 7);
    CHECK(shapes == torture::all_shapes(kName, 7));
    const auto others = torture::all_shapes(kName, 8);
    REQUIRE(others.size() == shapes.size());
    CHECK(others.front().name == shapes.front().name);
    CHECK(others.front().wire() != shapes.front().wire());
}

TEST_CASE("a seed's bytes are the same whoever compiles them", "[torture]") {
    std::uint64_t sum = 0xcbf29ce484222325;  // FNV-1a
    for (const Shape& shape : torture::all_shapes(kName, 1)) {
        for (const std::byte byte : shape.wire()) {
            sum = (sum ^ std::to_integer<std::uint64_t>(byte)) * 0x100000001b3;
        }
    }
    CHECK(sum == 0xb856b59a26b51a7b);
}

TEST_CASE("no shape begins as another one does, or as the ordinary hello", "[torture]") {
    std::map<std::string, std::string> begun;  // by which the ends know one
    std::vector<Shape> shapes = torture::all_shapes(kName, 1);
    shapes.push_back(torture::ordinary_shape(kName, 1));
    for (const Shape& shape : shapes) {
        const torture::Buffer wire = shape.wire();
        if (wire.size() < torture::kUnmistakable) continue;
        const std::string begin(as_text(wire).substr(0, torture::kUnmistakable));
        const auto [other, is_first] = begun.emplace(begin, shape.name);
        CAPTURE(shape.name, other->second);
        CHECK(is_first);
    }
}

TEST_CASE("what must pass is read by the strict reader, with the name that it is for",
          "[torture]") {
    const std::string name = GENERATE("httpbin.example.com", "a.test", "x", "localhost");
    for (const std::uint64_t seed : {1, 2, 3}) {
        for (const Shape& shape : torture::all_shapes(name, seed)) {
            if (shape.rule != Rule::must_pass) continue;
            CAPTURE(name, seed, shape.name);
            const tls::HelloSniffer sniffer = read(shape.segments);
            REQUIRE(sniffer.verdict() == tls::Verdict::hello);
            REQUIRE(sniffer.hello()->server_name);
            CHECK(shape.names == Names::target);
            CHECK(sniffer.hello()->server_name->text() == name);
        }
    }
}

TEST_CASE("what must be refused is no hello to the strict reader", "[torture]") {
    const std::string name = GENERATE("httpbin.example.com", "a.test", "x", "localhost");
    for (const std::uint64_t seed : {1, 2, 3}) {
        for (const Shape& shape : torture::all_shapes(name, seed)) {
            if (shape.rule != Rule::must_refuse) continue;
            CAPTURE(name, seed, shape.name);
            CHECK(read(shape.segments).verdict() != tls::Verdict::hello);
        }
    }
}

TEST_CASE("where an alert is owed, our own reader knows which", "[torture]") {
    for (const Shape& shape : torture::all_shapes(kName)) {
        if (!shape.alert_owed) continue;
        CAPTURE(shape.name);
        CHECK(shape.rule == Rule::must_refuse);
        CHECK(tls::alert_for(read(shape.segments).verdict()));
    }
}

TEST_CASE("the target's name is read only in shapes that name it", "[torture]") {
    for (const Shape& shape : torture::all_shapes(kName)) {
        if (shape.names == Names::target) continue;
        CAPTURE(shape.name);
        const tls::HelloSniffer sniffer = read(shape.segments);
        const tls::ClientHello* hello = sniffer.hello();
        const bool named = hello && hello->server_name && hello->server_name->text() == kName;
        CHECK_FALSE(named);
        const bool some = hello && hello->server_name;
        if (shape.names == Names::nobody) CHECK_FALSE(some);
    }
}

TEST_CASE("a second reader agrees about every shape", "[torture]") {
    for (const Shape& shape : torture::all_shapes(kName)) {
        CAPTURE(shape.name);
        const torture::Buffer wire = shape.wire();
        const test::HelloReading reading = test::read_by_grammar(as_text(wire), kLimit);
        CHECK(test::difference(wire, kLimit, wire.size()) == std::nullopt);
        if (shape.rule == Rule::must_pass) {
            CHECK(reading.verdict == "hello");
            CHECK(reading.sni == kName);
        }
        if (shape.rule == Rule::must_refuse) CHECK(reading.verdict != "hello");
    }
}

TEST_CASE("segments are the same bytes in pieces, and none of them is empty", "[torture]") {
    std::chrono::milliseconds longest{0};
    for (const Shape& shape : torture::all_shapes(kName)) {
        CAPTURE(shape.name);
        std::size_t bytes = 0;
        std::chrono::milliseconds pauses{0};
        for (const torture::Segment& segment : shape.segments) {
            CHECK_FALSE(segment.bytes.empty());
            bytes += segment.bytes.size();
            pauses += segment.pause;
        }
        CHECK(bytes == shape.wire().size());
        CHECK(read(shape.segments).verdict() == read({{shape.wire()}}).verdict());
        longest = std::max(longest, pauses);
    }
    CHECK(longest <= std::chrono::seconds(3));
}

TEST_CASE("what stalls is never a whole hello", "[torture]") {
    for (const Shape& shape : torture::all_shapes(kName)) {
        if (shape.then != Then::stall) continue;
        CAPTURE(shape.name);
        CHECK(read(shape.segments).verdict() == tls::Verdict::need_more);
    }
}

TEST_CASE("what is asked alone comes last, and is an ordinary hello", "[torture]") {
    const std::vector<Shape> shapes = torture::all_shapes(kName);
    const auto alone = [](const Shape& shape) { return shape.meanwhile.is_alone(); };
    const auto first = std::ranges::find_if(shapes, alone);
    CHECK(shapes.end() - first == 5);
    CHECK(std::all_of(first, shapes.end(), alone));
    for (auto shape = first; shape != shapes.end(); ++shape) {
        CAPTURE(shape->name);
        CHECK(shape->group() == "around");
        CHECK(shape->names == Names::target);
        CHECK(read(shape->segments).verdict() == tls::Verdict::hello);
        // The stalled ones never finish theirs.
        CHECK(shape->meanwhile.stalled_with.empty() == (shape->meanwhile.stalled == 0));
        CHECK(read({{shape->meanwhile.stalled_with}}).verdict() == tls::Verdict::need_more);
    }
}

TEST_CASE("an ordinary hello is one that must pass", "[torture]") {
    const Shape shape = torture::ordinary_shape(kName);
    CHECK(shape.rule == Rule::must_pass);
    const tls::HelloSniffer sniffer = read(shape.segments);
    REQUIRE(sniffer.hello());
    CHECK(sniffer.hello()->server_name->text() == kName);
}

}  // namespace torture_generator_test
