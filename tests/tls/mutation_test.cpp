// Hellos that were right once: the sniffer and a second reader, made from the RFCs' grammar alone,
// must say the same of every one. hello_differences does it by hand, for as many as one has time
// for.
#include <map>
#include <random>

#include "lab/core/encoding.h"
#include "tests/support/catch.h"
#include "tests/support/hello_difference.h"
#include "tests/support/hello_mutations.h"

namespace tls_mutation_test {

using namespace sni;
using namespace sni::test;

namespace {

constexpr std::size_t kLimit = 4'096;
constexpr int kMutations = 12'000;

}  // namespace

TEST_CASE("two readers say the same of every mutated hello, the one that routes and a plain one",
          "[tls]") {
    std::mt19937 random(20'261'128);
    const std::vector<Hello> seeds = right_hellos();
    std::map<std::string_view, int> verdicts;
    for (int i = 0; i < kMutations; ++i) {
        const Buffer wire = wrong_hello(seeds[static_cast<std::size_t>(i) % seeds.size()], random);
        const std::size_t step = 1 + random() % 300;
        if (const auto differs = difference(wire, kLimit, step)) {
            FAIL("mutation " << i << ": " << *differs << "\n" << to_hex(wire));
        }
        ++verdicts[read_by_grammar(as_text(wire), kLimit).verdict];
    }
    // Else it tests less than it says.
    CHECK(verdicts["hello"] > 500);
    CHECK(verdicts["need_more"] > 500);
    CHECK(verdicts["malformed"] > 500);
    for (const char* verdict :
         {"not_tls", "ssl_v2", "bad_version", "record_overflow", "unexpected_message",
          "hello_too_large", "duplicate", "bad_name", "unroutable_name"}) {
        CAPTURE(verdict);
        CHECK(verdicts[verdict] > 3);
    }
}

}  // namespace tls_mutation_test
