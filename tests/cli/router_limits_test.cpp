// What the flags of a router allow its threads together.
#include "cli/router_flags.h"
#include "tests/support/catch.h"

namespace cli_router_limits_test {

using namespace sni;

TEST_CASE("shared out to many threads, the smallest limits still serve clients", "[cli]") {
    const unsigned threads = GENERATE(1u, 8u, 64u);
    cli::RouterFlags flags{.threads = threads, .max_stalled = 65'536, .max_held = 65'536};
    cli::Checked checked;
    const router::Options options = options_of(flags, checked);
    // One hello, in records of one byte each; and what is read behind it.
    const std::size_t wire = 6 * (4 + flags.hello_limit);
    CHECK(options.max_stalled / threads >= wire);
    CHECK(options.max_held / threads >= wire + 65'536);
    CHECK(options.max_stalled / threads <= 2 * wire);
    CHECK(options.max_held / threads <= 2 * wire);
}

TEST_CASE("limits that are enough for every thread stay as they are", "[cli]") {
    const cli::RouterFlags flags{.threads = 8, .max_stalled = 4'000'000, .max_held = 5'000'000};
    cli::Checked checked;
    const router::Options options = options_of(flags, checked);
    CHECK(options.max_stalled == 4'000'000);
    CHECK(options.max_held == 5'000'000);
}

TEST_CASE("who reads no hello keeps no room for one", "[cli]") {
    const cli::RouterFlags flags{.threads = 8, .to = "127.0.0.1:443", .max_held = 65'536};
    cli::Checked checked;
    CHECK(options_of(flags, checked).max_held == 8 * 65'536);
}

}  // namespace cli_router_limits_test
