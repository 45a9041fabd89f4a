#include "lab/backend/key_log.h"

#include <filesystem>
#include <thread>
#include <vector>

#include <sys/stat.h>

#include "lab/core/diagnostic.h"
#include "tests/support/catch.h"
#include "tests/support/hardship.h"
#include "tests/support/temp_folder.h"

namespace backend_key_log_test {

using namespace sni;
using backend::KeyLog;

TEST_CASE("a key log is for its owner alone, and is added to", "[backend]") {
    const test::TempFolder folder;
    const std::string file = (folder / "keys.log").string();
    test::spill(file, "# before\n");
    REQUIRE(::chmod(file.c_str(), 0644) == 0);
    KeyLog(file).write("A 1 2");
    KeyLog(file).write("B 3 4");
    CHECK(test::slurp(file) == "# before\nA 1 2\nB 3 4\n");
    struct stat status{};
    REQUIRE(::stat(file.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0600);
}

TEST_CASE("lines of several threads stay whole", "[backend]") {
    const test::TempFolder folder;
    const std::string file = (folder / "keys.log").string();
    const std::string line(1'000, 'k');
    {
        const KeyLog log(file);
        std::vector<std::jthread> threads;
        for (int i = 0; i < 4; ++i) {
            threads.emplace_back([&] {
                for (int n = 0; n < 100; ++n)
                    log.write(line);
            });
        }
    }
    std::string expected;
    for (int n = 0; n < 400; ++n)
        expected += line + "\n";
    CHECK(test::slurp(file) == expected);
}

TEST_CASE("a line that a full disk cut spoils no other", "[backend]") {
    const test::TempFolder folder;
    const std::string file = (folder / "keys.log").string();
    test::spill(file, "of an earlier ru");
    const KeyLog log(file);
    log.write("A 1 2");
    {
        const test::FullDisk full(26);
        log.write("B 3 4");
        log.write("C 5 6");
    }
    log.write("D 7 8");
    CHECK(test::slurp(file) == "of an earlier ru\nA 1 2\nB 3\nD 7 8\n");
}

TEST_CASE("secrets are written neither through a link nor into what is no file", "[backend]") {
    const test::TempFolder folder;
    test::spill(folder / "there", "");
    std::filesystem::create_symlink(folder / "there", folder / "link");
    REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
    for (const char* name : {"link", "pipe", ".", "no/such/folder"}) {
        CAPTURE(name);
        CHECK_THROWS_AS(KeyLog((folder / name).string()), Failure);
    }
    CHECK(test::slurp(folder / "there").empty());
}

}  // namespace backend_key_log_test
