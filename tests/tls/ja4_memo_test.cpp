#include "lab/tls/ja4_memo.h"

#include <algorithm>
#include <functional>
#include <random>
#include <vector>

#include "lab/tls/code_points.h"
#include "lab/tls/hello_facts.h"
#include "lab/tls/hello_scanner.h"
#include "tests/support/catch.h"
#include "tests/support/hello_builder.h"
#include "tests/support/recorded_hello.h"

namespace tls_ja4_memo_test {

using namespace sni;
using namespace sni::test;

namespace {

int digests = 0;

/// Stands in for SHA-256: what it was given, folded.
Digest folded(Bytes bytes) {
    ++digests;
    Digest digest{};
    std::uint32_t sum = 1;
    for (const std::byte byte : bytes) {
        sum = sum * 31 + std::to_integer<std::uint32_t>(byte);
    }
    for (std::size_t i = 0; i < 4; ++i) {
        digest[i] = static_cast<std::byte>(sum >> 8 * i);
    }
    return digest;
}

tls::HelloFacts browser() {
    tls::HelloFacts hello{.legacy_version = 0x0303, .cipher_suites = {0x3a3a, 0x1301, 0x1302}};
    for (const std::uint16_t type : std::initializer_list<std::uint16_t>{0xbaba, 0, 16, 43, 13}) {
        hello.extensions.push_back({type, 0});
    }
    hello.alpn = {"h2", "http/1.1"};
    hello.supported_versions = {0x6a6a, 0x0304, 0x0303};
    hello.signature_algorithms = {0x0403, 0x0804};
    return hello;
}

Buffer numbers(const std::vector<std::uint16_t>& values) {
    Buffer all;
    for (const std::uint16_t value : values) {
        all = all + number(value, 2);
    }
    return all;
}

/// A message with the lists of `hello`, in the order of its extensions; those without any are
/// empty.
Buffer message(const tls::HelloFacts& hello) {
    Hello written{.legacy_version = hello.legacy_version,
                  .cipher_suites = numbers(hello.cipher_suites),
                  .extensions = {}};
    for (const tls::HelloExtension& each : hello.extensions) {
        Buffer data;
        if (each.type == tls::extension::kSupportedVersions)
            data = vec(1, numbers(hello.supported_versions));
        if (each.type == tls::extension::kSignatureAlgorithms)
            data = vec(2, numbers(hello.signature_algorithms));
        const bool is_alpn = each.type == tls::extension::kAlpn;
        written.extensions =
            written.extensions + (is_alpn ? alpn(hello.alpn) : extension(each.type, data));
    }
    return written.message();
}

std::string made_anew(const Buffer& message) {
    const auto hello = tls::describe_hello(message);
    return hello ? tls::ja4(*hello, folded) : "";
}

}  // namespace

TEST_CASE("a kind of client is digested once, however it shuffles and greases", "[tls]") {
    tls::Ja4Memo memo(folded);
    const std::string first = memo.of(message(browser()));
    CHECK(first == tls::ja4(browser(), folded));
    digests = 0;
    CHECK(memo.of(message(browser())) == first);
    tls::HelloFacts shuffled = browser();
    shuffled.cipher_suites.front() = 0x5a5a;
    std::ranges::reverse(shuffled.extensions);
    CHECK(memo.of(message(shuffled)) == first);
    CHECK(digests == 0);
}

TEST_CASE("whatever a fingerprint is made of makes another one", "[tls]") {
    const std::vector<std::function<void(tls::HelloFacts&)>> changes = {
        [](tls::HelloFacts& hello) {
            hello.legacy_version = 0x0302, hello.supported_versions = {};
        },
        [](tls::HelloFacts& hello) { hello.supported_versions = {0x0303}; },
        [](tls::HelloFacts& hello) { hello.cipher_suites.pop_back(); },
        [](tls::HelloFacts& hello) { hello.cipher_suites.push_back(0x002f); },
        [](tls::HelloFacts& hello) { hello.extensions.pop_back(); },
        [](tls::HelloFacts& hello) { hello.extensions[1].type = 1; },
        [](tls::HelloFacts& hello) { hello.signature_algorithms = {0x0804, 0x0403}; },
        [](tls::HelloFacts& hello) { hello.signature_algorithms = {}; },
        [](tls::HelloFacts& hello) { hello.alpn = {"http/1.1"}; },
        [](tls::HelloFacts& hello) { hello.alpn = {}; },
        // A number goes from one list to the next.
        [](tls::HelloFacts& hello) {
            hello.supported_versions.push_back(0x1301);
            hello.cipher_suites = {0x1302};
        },
    };
    tls::Ja4Memo memo(folded);
    for (std::size_t round = 0; round < 2; ++round) {  // what is known, too
        for (const auto& change : changes) {
            tls::HelloFacts hello = browser();
            change(hello);
            CAPTURE(round, &change - changes.data());
            CHECK(memo.of(message(hello)) == made_anew(message(hello)));
            CHECK(memo.of(message(browser())) == tls::ja4(browser(), folded));
            CHECK(made_anew(message(hello)) != tls::ja4(browser(), folded));
        }
    }
}

TEST_CASE("where one list ends and the next begins makes another one, too", "[tls]") {
    tls::HelloFacts with_suite = browser();
    with_suite.cipher_suites = {0x1301, 0, 0x0304};
    with_suite.supported_versions = {};
    with_suite.signature_algorithms = {0x0403};
    tls::HelloFacts with_scheme = browser();
    with_scheme.cipher_suites = {0x1301};
    with_scheme.supported_versions = {0x0304};
    with_scheme.signature_algorithms = {0, 0x0403};
    tls::Ja4Memo memo(folded);
    CHECK(memo.of(message(with_suite)) == tls::ja4(with_suite, folded));
    CHECK(memo.of(message(with_scheme)) == tls::ja4(with_scheme, folded));
}

TEST_CASE("more kinds of clients than are remembered all have their own fingerprint", "[tls]") {
    tls::Ja4Memo memo(folded);
    for (int round = 0; round < 2; ++round) {
        for (std::uint16_t suite = 1; suite < 400; ++suite) {
            tls::HelloFacts hello = browser();
            hello.cipher_suites.push_back(suite);
            REQUIRE(memo.of(message(hello)) == tls::ja4(hello, folded));
        }
    }
}

TEST_CASE("whatever a hello says, it is remembered as it is made anew", "[tls]") {
    tls::Ja4Memo memo(folded);
    std::minstd_rand random(7);
    const auto below = [&](std::size_t end) { return random() % end; };
    std::vector<Buffer> known;
    for (const RecordedHello& recorded : recorded_hellos()) {
        tls::HelloScanner scanner(1 << 16);
        if (scanner.advance(recorded.wire) != tls::Verdict::hello) continue;
        const Bytes whole = scanner.message(recorded.wire);
        known.emplace_back(whole.begin(), whole.end());
    }
    REQUIRE(known.size() > 5);
    for (int round = 0; round < 20'000; ++round) {
        Buffer one = known[below(known.size())];
        for (std::size_t change = below(4); change > 0; --change) {
            one[below(one.size())] = static_cast<std::byte>(random());
        }
        if (below(8) == 0) one.resize(below(one.size()));
        REQUIRE(memo.of(one) == made_anew(one));
    }
}

TEST_CASE("an extension that is said twice is not remembered", "[tls]") {
    tls::Ja4Memo memo(folded);
    for (const std::uint16_t type : {tls::extension::kAlpn, tls::extension::kSupportedVersions,
                                     tls::extension::kSignatureAlgorithms}) {
        tls::HelloFacts hello = browser();
        hello.extensions.push_back({type, 0});
        Buffer twice = message(hello);
        CHECK(memo.of(twice) == made_anew(twice));
        digests = 0;
        memo.of(twice);
        CHECK(digests > 0);
    }
}

}  // namespace tls_ja4_memo_test
