#include "lab/tls/ja4_memo.h"

#include <algorithm>
#include <functional>
#include <vector>

#include "tests/support/catch.h"

namespace tls_ja4_memo_test {

using namespace sni;

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

}  // namespace

TEST_CASE("a kind of client is digested once, however it shuffles and greases", "[tls]") {
    tls::Ja4Memo memo(folded);
    const std::string first = memo.of(browser());
    CHECK(first == tls::ja4(browser(), folded));
    digests = 0;
    CHECK(memo.of(browser()) == first);
    tls::HelloFacts shuffled = browser();
    shuffled.cipher_suites.front() = 0x5a5a;
    std::ranges::reverse(shuffled.extensions);
    CHECK(memo.of(shuffled) == first);
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
            CHECK(memo.of(hello) == tls::ja4(hello, folded));
            CHECK(memo.of(browser()) == tls::ja4(browser(), folded));
            CHECK(tls::ja4(hello, folded) != tls::ja4(browser(), folded));
        }
    }
}

TEST_CASE("where one list ends and the next begins makes another one, too", "[tls]") {
    tls::HelloFacts with_suite = browser();
    with_suite.cipher_suites = {0x1301, 0};
    with_suite.signature_algorithms = {};
    tls::HelloFacts with_scheme = browser();
    with_scheme.cipher_suites = {0x1301};
    with_scheme.signature_algorithms = {0};
    tls::Ja4Memo memo(folded);
    CHECK(memo.of(with_suite) == tls::ja4(with_suite, folded));
    CHECK(memo.of(with_scheme) == tls::ja4(with_scheme, folded));
}

TEST_CASE("more kinds of clients than are remembered all have their own fingerprint", "[tls]") {
    tls::Ja4Memo memo(folded);
    for (int round = 0; round < 2; ++round) {
        for (std::uint16_t suite = 1; suite < 400; ++suite) {
            tls::HelloFacts hello = browser();
            hello.cipher_suites.push_back(suite);
            REQUIRE(memo.of(hello) == tls::ja4(hello, folded));
        }
    }
}

}  // namespace tls_ja4_memo_test
