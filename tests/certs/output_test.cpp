#include "certs/output.h"

#include <thread>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/catch.h"
#include "tests/support/failure.h"
#include "tests/support/hardship.h"
#include "tests/support/temp_folder.h"

namespace sni::certs {
namespace {

namespace fs = std::filesystem;

TEST_CASE("an answer replaces a file, also at the end of a link", "[certs]") {
    const test::TempFolder folder;
    test::spill(folder / "old.xml", "old");
    fs::create_symlink("old.xml", folder / "link.xml");
    fs::create_symlink("later.xml", folder / "dangling.xml");
    write_output(folder / "new.xml", "new");
    write_output(folder / "link.xml", "new");
    write_output(folder / "dangling.xml", "new");
    for (const char* const file : {"new.xml", "old.xml", "later.xml"}) {
        CHECK(test::slurp(folder / file) == "new");
    }
    CHECK(fs::is_symlink(folder / "link.xml"));
}

TEST_CASE("a new answer has what the umask leaves it, and an old one keeps its mode", "[certs]") {
    const test::TempFolder folder;
    test::spill(folder / "mine.xml", "old");
    REQUIRE(::chmod((folder / "mine.xml").c_str(), 0640) == 0);
    const mode_t before = ::umask(0077);
    write_output(folder / "new.xml", "new");
    write_output(folder / "mine.xml", "new");
    ::umask(0002);
    write_output(folder / "shared.xml", "new");
    ::umask(before);
    CHECK(test::mode_of(folder / "new.xml") == 0600);
    CHECK(test::mode_of(folder / "mine.xml") == 0640);
    CHECK(test::mode_of(folder / "shared.xml") == 0664);

    // A command clears its reports away before it writes them.
    REQUIRE(::chmod((folder / "mine.xml").c_str(), 0600) == 0);
    clear_output(folder / "mine.xml");
    CHECK(test::slurp(folder / "mine.xml").empty());
    write_output(folder / "mine.xml", "newer");
    CHECK(test::slurp(folder / "mine.xml") == "newer");
    CHECK(test::mode_of(folder / "mine.xml") == 0600);
}

TEST_CASE("an older answer is cleared away, and nothing else is", "[certs]") {
    const test::TempFolder folder;
    test::spill(folder / "old.xml", "old");
    fs::create_symlink("old.xml", folder / "link.xml");
    fs::create_directory(folder / "folder");
    REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
    for (const char* const name : {"link.xml", "folder", "pipe", "absent"}) {
        clear_output(folder / name);
    }
    CHECK_FALSE(fs::exists(folder / "old.xml"));
    CHECK(fs::is_symlink(folder / "link.xml"));
    CHECK(fs::is_directory(folder / "folder"));
    CHECK(fs::is_fifo(folder / "pipe"));
    clear_output("/dev/null");
    CHECK(fs::is_character_file("/dev/null"));
}

TEST_CASE("an answer goes behind what a descriptor of ours has written", "[certs]") {
    const test::TempFolder folder;
    const fs::path file = folder / "mine.xml";
    const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    REQUIRE(::write(fd, "before ", 7) == 7);
    const std::string number = std::to_string(fd);
    fs::create_symlink("/proc/self/fd/" + number, folder / "link");
    for (const fs::path& named :
         {fs::path("/dev/fd/" + number), fs::path("/proc/self/fd/" + number), folder / "link"}) {
        clear_output(named);
        write_output(named, "answer ");
    }
    ::close(fd);
    CHECK(test::slurp(file) == "before answer answer answer ");
    CHECK(test::picture_of(folder.path()).size() == 2);
}

TEST_CASE("what may be written but not replaced is written in place", "[certs]") {
    const test::TempFolder folder;
    const fs::path file = folder / "mine.xml";
    test::spill(file, "an older and longer answer");
    // As a new file would have it, and a mode of its own.
    const mode_t mode = GENERATE(as<mode_t>{}, 0644, 0600);
    REQUIRE(::chmod(file.c_str(), mode) == 0);
    if (::geteuid() == 0) REQUIRE(::chown(file.c_str(), 65534, 65534) == 0);
    REQUIRE(::chmod(folder.path().c_str(), 0555) == 0);
    const mode_t before = ::umask(0022);
    {
        const test::Unprivileged user;
        clear_output(file);
        CHECK(test::slurp(file).empty());
        write_output(file, "an older and longer answer");
        write_output(file, "new");
        CHECK(test::slurp(file) == "new");
        CHECK(test::refusal_of([&] { write_output(folder / "other", "x"); }).exit == Exit::machine);
    }
    ::umask(before);
    REQUIRE(::chmod(folder.path().c_str(), 0755) == 0);
    CHECK(test::mode_of(file) == mode);
    CHECK(test::picture_of(folder.path()).size() == 1);
}

TEST_CASE("no answer replaces a key or a certificate", "[certs]") {
    const test::TempFolder folder;
    const std::string key = "-----BEGIN PUBLIC KEY-----\n";
    test::spill(folder / "identity.key.pub", key);
    fs::create_symlink("identity.key.pub", folder / "link");
    for (const char* const name : {"identity.key.pub", "link"}) {
        CHECK(test::refusal_of([&] { clear_output(folder / name); }).exit == Exit::usage);
        CHECK(test::refusal_of([&] { write_output(folder / name, "<html>"); }).exit == Exit::usage);
    }
    CHECK(test::slurp(folder / "identity.key.pub") == key);

    // As openssl x509 -text and openssl pkcs12 write it.
    const std::string told = "Bag Attributes\n    friendlyName: site\n" + key;
    test::spill(folder / "bundle.pem", told);
    CHECK(test::refusal_of([&] { clear_output(folder / "bundle.pem"); }).exit == Exit::usage);
    CHECK(test::slurp(folder / "bundle.pem") == told);
    // A report may speak of one.
    test::spill(folder / "report.html", "<pre>-----BEGIN PUBLIC KEY-----\n");
    write_output(folder / "report.html", "<html>");
    CHECK(test::slurp(folder / "report.html") == "<html>");
}

TEST_CASE("an answer goes into a device or a pipe, which stays what it is", "[certs]") {
    const test::TempFolder folder;
    write_output("/dev/null", "nobody reads this");
    CHECK(fs::is_character_file("/dev/null"));

    REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
    std::string read;
    std::thread reader([&] { read = test::slurp(folder / "pipe"); });
    write_output(folder / "pipe", "through the pipe");
    reader.join();
    CHECK(read == "through the pipe");
    CHECK(fs::is_fifo(folder / "pipe"));
}

TEST_CASE("a folder or a full device is refused, and stays", "[certs]") {
    const test::TempFolder folder;
    fs::create_directory(folder / "folder");
    CHECK(test::refusal_of([&] { write_output(folder / "folder", "x"); }).exit == Exit::machine);
    CHECK(fs::is_directory(folder / "folder"));
    CHECK(test::refusal_of([&] { write_output("/dev/full", "x"); }).exit == Exit::machine);
}

}  // namespace
}  // namespace sni::certs
