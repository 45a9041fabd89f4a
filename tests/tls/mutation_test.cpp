// Hellos that were right once: the sniffer and a second reader must still agree on every one.
#include <random>

#include "lab/tls/hello_sniffer.h"
#include "tests/support/catch.h"
#include "tests/support/hello_builder.h"
#include "tests/support/hello_oracle.h"

using namespace sni;
using namespace sni::test;
using tls::HelloSniffer;
using tls::Verdict;

namespace {

constexpr std::size_t kLimit = 4'096;
constexpr int kMutations = 20'000;

std::vector<Hello> right_hellos() {
    const std::string name = "httpbin.example.com";
    return {
        hello_with(name),
        Hello{},
        hello_with(name, alpn({"h2", "http/1.1"})),
        hello_with("A.b-c_d.Example", extension(0x0a0a, {})),
        padded_hello(name, 1'900),
        hello_with(name, extension(0xfe0d, Buffer(200))),
    };
}

/// One to three small wrongs: what a bug, a bad line or an attacker does to a hello.
Buffer mutated(Buffer wire, std::mt19937& random) {
    const auto below = [&random](std::size_t bound) { return random() % bound; };
    const auto at = [&] { return wire.begin() + static_cast<std::ptrdiff_t>(below(wire.size())); };
    // Lengths and types are at the front; the padding behind is no fun.
    const auto early = [&] {
        return wire.begin() +
               static_cast<std::ptrdiff_t>(below(std::min<std::size_t>(wire.size(), 200)));
    };
    for (std::size_t times = 1 + below(3); times > 0 && !wire.empty(); --times) {
        switch (below(8)) {
            case 0:
                *early() = static_cast<std::byte>(below(256));
                break;
            case 1:
                *early() ^= static_cast<std::byte>(1u << below(8));
                break;
            case 2:
                *early() = static_cast<std::byte>(std::to_integer<unsigned>(*early()) + 1);
                break;
            case 3:
                *early() = static_cast<std::byte>(below(2) * 255);
                break;
            case 4:
                wire.erase(early());
                break;
            case 5:
                wire.insert(early(), static_cast<std::byte>(below(256)));
                break;
            case 6:
                wire.erase(at(), wire.end());
                break;
            default: {
                const Buffer piece(early(), wire.end());
                wire.insert(at(), piece.begin(),
                            piece.begin() + static_cast<std::ptrdiff_t>(
                                                below(std::min<std::size_t>(piece.size(), 60))));
            }
        }
    }
    return wire;
}

/// One of its parts is wrong, and all lengths around it fit: what only a strict reader finds.
Hello wrong_inside(Hello hello, std::mt19937& random) {
    switch (random() % 8) {
        case 0:
            hello.session_id.resize(random() % 36);
            break;
        case 1:
            hello.cipher_suites.resize(random() % 6);
            break;
        case 2:
            hello.compression.resize(random() % 3);
            break;
        case 3:
            hello.extensions = hello.extensions + server_name("other.example.com");
            break;
        case 4:
            hello.extensions = hello.extensions + hello.extensions;
            break;
        case 5:
            hello.behind = Buffer(random() % 3);
            break;
        default:
            hello.extensions = mutated(hello.extensions, random);
    }
    return hello;
}

Buffer in_records(const Buffer& message, std::mt19937& random) {
    return random() % 2 == 0 ? records(message, 16'384) : records(message, 1 + random() % 100);
}

Buffer wrong_hello(const Hello& right, std::mt19937& random) {
    switch (random() % 3) {
        case 0:
            return mutated(in_records(right.message(), random), random);
        case 1:
            return in_records(mutated(right.message(), random), random);
        default:
            return in_records(wrong_inside(right, random).message(), random);
    }
}

Verdict feed(HelloSniffer& sniffer, Bytes wire, std::size_t step) {
    while (!wire.empty() && sniffer.verdict() == Verdict::need_more) {
        const Bytes piece = wire.first(std::min(step, wire.size()));
        sniffer.feed(piece);
        wire = wire.subspan(piece.size());
    }
    return sniffer.verdict();
}

}  // namespace

TEST_CASE("no mutated hello is routed that a strict reading refuses and none refused that it takes",
          "[tls]") {
    std::mt19937 random(20'261'122);
    const std::vector<Hello> seeds = right_hellos();
    int hellos = 0, refused = 0, open = 0, disagreed = 0;
    for (int i = 0; i < kMutations; ++i) {
        const Buffer wire = wrong_hello(seeds[static_cast<std::size_t>(i) % seeds.size()], random);
        const Reading expected = Oracle(as_text(wire), kLimit).read();
        HelloSniffer sniffer(kLimit);
        const Verdict verdict = feed(sniffer, wire, 1 + random() % 300);
        const bool is_hello = verdict == Verdict::hello;
        const bool is_open = verdict == Verdict::need_more;
        bool agreed = is_hello == (expected.what == Reading::hello) &&
                      is_open == (expected.what == Reading::incomplete);
        if (agreed && is_hello) {
            const auto& name = sniffer.hello()->server_name;
            agreed = (name ? name->text() : std::string_view()) == expected.name;
        }
        if (!agreed && ++disagreed == 1) {
            INFO("mutation " << i << ", " << to_string(verdict));
            CHECK(agreed);
        }
        ++(is_hello ? hellos : is_open ? open : refused);
    }
    CHECK(disagreed == 0);
    // Else it tests less than it says.
    CHECK(hellos > 1'000);
    CHECK(refused > 5'000);
    CHECK(open > 1'000);
}
