// What a gateway's program says of itself is taken as far as a version goes, and no further.
#include "lab/peers/live/program.h"

#include "tests/support/catch.h"
#include "tests/support/temp_folder.h"

namespace peers_live_program_test {

using namespace sni;
using peers::find;
using peers::Product;

namespace {

/// A program in `folder` that runs `script` by /bin/sh.
std::string program(const test::TempFolder& folder, std::string_view script) {
    const std::filesystem::path file = folder / "gateway";
    test::spill(file, "#!/bin/sh\n" + std::string(script) + "\n");
    std::filesystem::permissions(file, std::filesystem::perms::owner_all);
    return file.native();
}

}  // namespace

TEST_CASE("a version is the first line that says something, without the path", "[peers]") {
    const test::TempFolder folder;
    const auto found = find(Product::sniproxy, program(folder, "echo; echo \"$0 0.6.0\"; echo 2"),
                            folder / "said");
    REQUIRE(found);
    CHECK(found->said == "0.6.0");
}

TEST_CASE("no version is longer than a line, however much a program says", "[peers]") {
    const test::TempFolder folder;
    // It ends when it may write no more, long before the tool gives it up.
    const auto found = find(
        Product::haproxy, program(folder, "while printf 0123456789; do :; done"), folder / "said");
    REQUIRE(found);
    CHECK(found->said.size() == 200);
    CHECK(std::filesystem::file_size(folder / "said") <= 64 << 10);
}

TEST_CASE("what is no program is no gateway", "[peers]") {
    const test::TempFolder folder;
    test::spill(folder / "text", "no program\n");
    for (const std::filesystem::path& path : {folder / "text", folder / "gone", folder.path()}) {
        const auto found = find(Product::envoy, path.native(), folder / "said");
        REQUIRE_FALSE(found);
        CHECK(found.error() == path.native() + " is no program");
    }
}

}  // namespace peers_live_program_test
