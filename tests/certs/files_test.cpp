#include "certs/files.h"

#include <atomic>
#include <limits>
#include <thread>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lab/core/codes.h"
#include "tests/support/catch.h"
#include "tests/support/failure.h"
#include "tests/support/hardship.h"
#include "tests/support/temp_folder.h"

namespace sni::certs {
namespace {

namespace fs = std::filesystem;
using test::refusal_of;

TEST_CASE("folders are made private, with their parents", "[certs]") {
    const test::TempFolder folder;
    const mode_t before = ::umask(GENERATE(as<mode_t>{}, 0, 0777));
    const auto made = make_private_folder(folder / "a/b/c");
    ::umask(before);
    CHECK(made == std::vector<fs::path>{folder / "a", folder / "a/b", folder / "a/b/c"});
    for (const fs::path& path : made) {
        CHECK(test::mode_of(path) == 0700);
    }
    CHECK(make_private_folder(folder / "a/b/c/").empty());
}

TEST_CASE("a folder that cannot be made leaves no parents behind", "[certs]") {
    const test::TempFolder folder;
    test::spill(folder / "file", "x");
    fs::create_symlink(folder / "nowhere", folder / "link");
    const auto before = test::picture_of(folder.path());
    const std::string path =
        GENERATE(as<std::string>{}, "file", "file/below", "link", "link/below");
    CHECK(refusal_of([&] { make_private_folder(folder / path); }).exit == Exit::machine);
    const std::string long_name(300, 'x');
    CHECK(refusal_of([&] { make_private_folder(folder / ("new/" + long_name)); }).exit ==
          Exit::machine);
    CHECK(test::picture_of(folder.path()) == before);
}

TEST_CASE("a TMPDIR that is no folder is named", "[certs]") {
    const test::TempFolder folder;
    const char* const before = std::getenv("TMPDIR");
    const std::string kept = before ? before : "";
    for (const std::string& named : {std::string(), (folder / "nowhere").string()}) {
        ::setenv("TMPDIR", named.c_str(), 1);
        const test::Refusal refusal = refusal_of([] { PrivateFolder(); });
        CHECK(refusal.exit == Exit::machine);
        CHECK(refusal.message == "TMPDIR \"" + named + "\" is no folder");
    }
    before ? ::setenv("TMPDIR", kept.c_str(), 1) : ::unsetenv("TMPDIR");
}

TEST_CASE("a file is replaced whole, with the mode asked for", "[certs]") {
    const test::TempFolder folder;
    write_file(folder / "file", "one");
    CHECK(test::mode_of(folder / "file") == 0644);
    write_file(folder / "file", "two", 0600);
    CHECK(test::mode_of(folder / "file") == 0600);
    CHECK(read_file(folder / "file") == "two");
    CHECK(test::picture_of(folder.path()).size() == 1);
}

TEST_CASE("a link or a device is not replaced by a file", "[certs]") {
    const test::TempFolder folder;
    fs::create_symlink("/dev/null", folder / "link");
    REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
    const auto before = test::picture_of(folder / ".");
    const std::string name = GENERATE(as<std::string>{}, "link", "pipe");
    const test::Refusal refusal = refusal_of([&] { write_file(folder / name, "x"); });
    CHECK(refusal.exit == Exit::machine);
    CHECK(refusal.message == "this is not a regular file");
    CHECK(test::picture_of(folder / ".") == before);
}

TEST_CASE("a new file never replaces anything", "[certs]") {
    const test::TempFolder folder;
    CHECK(write_new_file(folder / "file", "one", 0600));
    CHECK_FALSE(write_new_file(folder / "file", "two", 0600));
    CHECK(read_file(folder / "file") == "one");
    fs::create_symlink(folder / "nowhere", folder / "link");
    CHECK_FALSE(write_new_file(folder / "link", "two"));
    CHECK_FALSE(fs::exists(folder / "nowhere"));
}

TEST_CASE("what cannot be read is a usage error with the reason", "[certs]") {
    const test::TempFolder folder;
    test::spill(folder / "large", std::string(101, 'x'));
    CHECK(read_file(folder / "large", 101).size() == 101);
    CHECK(refusal_of([&] { read_file(folder / "large", 100); }).exit == Exit::usage);
    CHECK(refusal_of([&] { read_file(folder / "missing"); }).exit == Exit::usage);
    const test::Refusal refusal = refusal_of([&] { read_file(folder.path()); });
    CHECK(refusal.code == code::kUnreadableFile);
    CHECK(refusal.file == folder.path().native());
}

TEST_CASE("a key that others can use is warned about", "[certs]") {
    const test::TempFolder folder;
    test::spill(folder / "a.key", "x");
    ::chmod((folder / "a.key").c_str(), 0640);
    const auto warning = exposed(folder / "a.key");
    REQUIRE(warning.has_value());
    CHECK(warning->level == Level::warning);
    CHECK(warning->code == code::kExposedKey);
    CHECK(warning->message == "this private key has mode 0640");

    ::chmod((folder / "a.key").c_str(), 0600);
    CHECK_FALSE(exposed(folder / "a.key"));
    ::chmod(folder.path().c_str(), 0777);
    const auto replaceable = exposed(folder / "a.key");
    REQUIRE(replaceable.has_value());
    CHECK(replaceable->message == "this private key lies in a folder of mode 0777");
    ::chmod(folder.path().c_str(), 01777);
    CHECK_FALSE(exposed(folder / "a.key"));
    ::chmod(folder.path().c_str(), 0700);
}

TEST_CASE("a key that another user owns is warned about", "[certs]") {
    if (::geteuid() != 0) {
        WARN("not run: this is not root");
        return;
    }
    const test::TempFolder folder;
    test::spill(folder / "a.key", "x");
    ::chmod((folder / "a.key").c_str(), 0600);
    CHECK_FALSE(exposed(folder / "a.key"));
    REQUIRE(::chown((folder / "a.key").c_str(), 65534, 0) == 0);
    const auto warning = exposed(folder / "a.key");
    REQUIRE(warning.has_value());
    CHECK(warning->level == Level::warning);
    CHECK(warning->code == code::kExposedKey);
    CHECK(warning->message == "this private key belongs to user 65534");
}

TEST_CASE("a pipe is given up where nobody writes", "[certs]") {
    const test::TempFolder folder;
    const std::string pipe = (folder / "pipe").string();
    REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    std::string why;
    try {
        read_file(pipe, 100, std::chrono::milliseconds(50));
    } catch (const Failure& failure) {
        CHECK(failure.exit() == Exit::usage);
        why = failure.diagnostics().front().why;
    }
    CHECK(why == "nothing came for 50ms");
}

TEST_CASE("a pipe that comes byte by byte is given up all the same", "[certs]") {
    const test::TempFolder folder;
    const std::string pipe = (folder / "pipe").string();
    REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    const int fd = ::open(pipe.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC);
    REQUIRE(fd >= 0);
    std::atomic<bool> over{false};
    std::thread writer([&] {
        while (!over) {
            (void)!::write(fd, "x", 1);
        }
    });
    std::string why;
    try {
        read_file(pipe, std::numeric_limits<std::size_t>::max(), std::chrono::milliseconds(50));
    } catch (const Failure& failure) {
        why = failure.diagnostics().front().why;
    }
    over = true;
    writer.join();
    ::close(fd);
    CHECK((why == "its end did not come within 50ms" || why == "nothing came for 50ms"));
}

TEST_CASE("a pipe is read to its end", "[certs]") {
    const test::TempFolder folder;
    const std::string pipe = (folder / "pipe").string();
    REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    const std::string text(100'000, 'x');  // more than a pipe holds
    std::thread writer([&] { test::spill(pipe, text); });
    const std::string read = read_file(pipe, text.size());
    writer.join();
    CHECK(read == text);
}

}  // namespace
}  // namespace sni::certs
