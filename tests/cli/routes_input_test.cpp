// Routes out of a pipe, at a reload.
#include "cli/routes_input.h"

#include <atomic>
#include <thread>

#include "tests/support/catch.h"
#include "tests/support/named_pipe.h"
#include "tests/support/temp_folder.h"

namespace cli_routes_input_test {

using namespace sni;
using namespace std::chrono_literals;

TEST_CASE("a pipe that always has a little more is given up when its time is over", "[cli]") {
    const test::TempFolder folder;
    const test::NamedPipe pipe(folder / "pipe");
    std::atomic<bool> done = false;
    std::thread dripping([&] {
        const net::Descriptor in(::open(pipe.path().c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC));
        while (!done) {
            [[maybe_unused]] const ssize_t written = ::write(in.fd(), "#", 1);
        }
    });
    const auto read = cli::read_routes(pipe.path(), 50ms);
    done = true;
    dripping.join();
    REQUIRE_FALSE(read.has_value());
    CHECK(read.error().why == "it is a pipe that does not come to its end");
}

TEST_CASE("a device that has no end is not read for ever", "[cli]") {
    const auto read = cli::read_routes("/dev/zero", std::nullopt);
    REQUIRE_FALSE(read.has_value());
    CHECK(read.error().why == "it has more than 128 MiB");
}

TEST_CASE("a pipe that says nothing is given up, and a file is read in any case", "[cli]") {
    const test::TempFolder folder;
    const test::NamedPipe pipe(folder / "pipe");
    const auto read = cli::read_routes(pipe.path(), 1ms);
    REQUIRE_FALSE(read.has_value());
    CHECK(read.error().why == "it is a pipe that says nothing");
    test::spill(folder / "routes", "a.example.com 127.0.0.1:1\n");
    CHECK(cli::read_routes((folder / "routes").string(), 0ms) == "a.example.com 127.0.0.1:1\n");
}

}  // namespace cli_routes_input_test
