#include "lab/log/file_claim.h"

#include <cerrno>
#include <fstream>

#include <sys/stat.h>

#include "tests/support/catch.h"
#include "tests/support/hardship.h"
#include "tests/support/temp_folder.h"

namespace log_file_claim_test {

using namespace sni;

namespace {

int error_of(log::FileClaim& claim, const std::filesystem::path& path) {
    const auto claimed = claim.claim(path);
    return claimed ? 0 : claimed.error();
}

}  // namespace

TEST_CASE("a file that cannot be opened leaves the claim that there is", "[log]") {
    const test::TempFolder folder;
    const auto file = folder / "log";
    std::ofstream(file).put('x');
    log::FileClaim first, second;
    REQUIRE(error_of(first, file) == 0);
    {
        const test::NoDescriptors none;
        CHECK(error_of(first, file) == EMFILE);
    }
    CHECK(error_of(first, folder / "nowhere" / "log") == ENOENT);
    CHECK(error_of(second, file) == EWOULDBLOCK);
    CHECK(error_of(first, file) == 0);
}

TEST_CASE("what is no file of its own is everybody's, and lets the one before go", "[log]") {
    const test::TempFolder folder;
    const auto file = folder / "log";
    const auto pipe = folder / "pipe";
    std::ofstream(file).put('x');
    REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    log::FileClaim first, second;
    REQUIRE(error_of(first, file) == 0);
    CHECK(error_of(first, pipe) == 0);
    CHECK(error_of(second, pipe) == 0);
    CHECK(error_of(second, file) == 0);
}

}  // namespace log_file_claim_test
