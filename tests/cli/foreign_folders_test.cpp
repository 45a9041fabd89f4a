// Folders that may not be looked into: that is said, and nobody says that nothing is there.
#include <filesystem>

#include "cli/state.h"
#include "tests/support/catch.h"
#include "tests/support/hardship.h"
#include "tests/support/lying_backend.h"
#include "tests/support/run_cli.h"
#include "tests/support/temp_folder.h"

namespace cli_foreign_folders_test {

namespace fs = std::filesystem;
using namespace sni;
using test::Contains;

namespace {

test::Ran as_nobody(const std::vector<std::string>& words) {
    const test::Unprivileged nobody;
    return test::run(words);
}

/// A folder that only its owner may look into.
std::string closed(const test::TempFolder& folder) {
    fs::permissions(folder.path(), fs::perms(0755));
    fs::create_directory(folder / "closed");
    test::spill(folder / "closed/README.md", "# closed\n");
    fs::permissions(folder / "closed", fs::perms(0700));
    return (folder / "closed").string();
}

}  // namespace

TEST_CASE("a scenario in a folder that may not be read is not shown as an empty one", "[cli]") {
    const test::TempFolder folder;
    const std::string name = closed(folder);
    if (::geteuid() != 0) fs::permissions(name, fs::perms(0));
    const test::Ran shown = as_nobody({"scenario", "show", name});
    CHECK(shown.status == 2);
    CHECK(shown.out.empty());
    CHECK(shown.err ==
          "sni-lab: error: cannot read \"" + name + "\" [SL1002]\nwhy: Permission denied\n");
    if (::geteuid() != 0) fs::permissions(name, fs::perms(0700));
}

TEST_CASE("a state folder that may not be looked into is not one without a proof", "[cli]") {
    const test::TempFolder folder;
    const std::string state = closed(folder);
    if (::geteuid() != 0) fs::permissions(state, fs::perms(0));
    for (const std::vector<std::string>& words :
         {std::vector<std::string>{"proof", "check"},
          {"verify", "--gateway", "127.0.0.1:1", "--no-sni"},
          {"scenario", "run", "passthrough", "--gateway", "127.0.0.1:1"}}) {
        CAPTURE(words);
        std::vector<std::string> all = words;
        all.insert(all.end(), {"--state", state});
        const test::Ran ran = as_nobody(all);
        CHECK(ran.status == 7);
        CHECK_THAT(ran.err, Contains("the state folder " + state + " cannot be looked into"));
    }
    if (::geteuid() != 0) fs::permissions(state, fs::perms(0700));
}

TEST_CASE("get --connect goes elsewhere, whatever lies in the state folder", "[cli]") {
    const test::TempFolder folder;
    const test::LyingBackend server("", test::LyingBackend::After::close);
    const std::vector<std::string> words = {"get", "https://a.example/", "--connect",
                                            to_string(server.listening()), "--state"};
    const auto told = [&](const std::string& state) {
        std::vector<std::string> all = words;
        all.push_back(state);
        return as_nobody(all).err;
    };
    const std::string state = closed(folder);
    CHECK_THAT(told(state), Contains("< HTTP/1.1 418 "));
    fs::create_directory(folder / "damaged");
    test::spill(cli::lab_record(folder / "damaged"), "{}");
    CHECK_THAT(told((folder / "damaged").string()), Contains("< HTTP/1.1 418 "));
}

TEST_CASE("a folder for manual pages that cannot be made is told with the reason", "[cli]") {
    const test::TempFolder folder;
    test::spill(folder / "file", "");
    const test::Ran ran = test::run({"man", "--out", (folder / "file/below").string()});
    CHECK(ran.status == 7);
    CHECK_THAT(ran.err,
               Contains("file/below could not be made [") && Contains("why: Not a directory\n"));
}

}  // namespace cli_foreign_folders_test
