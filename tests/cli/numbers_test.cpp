// What numbers and times the flags take.
#include <sstream>

#include "cli/app.h"
#include "tests/support/catch.h"

namespace cli_numbers_test {

using namespace sni;

namespace {

/// What is said to a router that is refused for its flags.
std::string refusal(std::vector<std::string> flags) {
    std::vector<std::string> args = {"router", "--listen", "127.0.0.1:0", "--route",
                                     "*=127.0.0.1:1"};
    args.insert(args.end(), flags.begin(), flags.end());
    std::ostringstream out, err;
    CHECK(cli::run(args, out, err) == 2);
    return err.str();
}

}  // namespace

TEST_CASE("a number that is negative, too large or no number is refused", "[cli]") {
    const std::string number =
        GENERATE("-1", "-5", "99999999999999999999", "100000001", "0x10", "1e3", "+1");
    CAPTURE(number);
    CHECK(refusal({"--max-connections", number})
              .find("\"" + number + "\" is not a whole number from 0 to 100000000") !=
          std::string::npos);
}

TEST_CASE("a time in which something must happen is not 0", "[cli]") {
    const std::string flag = GENERATE("--hello-timeout", "--connect-timeout");
    const std::string time = GENERATE("0", "0s", "0ms");
    CHECK(refusal({flag, time}) == "sni-lab: error: " + flag + ": \"" + time +
                                       "\" leaves no time at all; write at least 1ms, as in 10s "
                                       "[SL1001]\n");
}

}  // namespace cli_numbers_test
