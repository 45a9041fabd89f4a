#include "certs/store.h"

#include <atomic>
#include <csignal>
#include <thread>

#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "certs/inspect.h"
#include "lab/core/codes.h"
#include "tests/support/catch.h"
#include "tests/support/certificates.h"
#include "tests/support/failure.h"
#include "tests/support/hardship.h"
#include "tests/support/temp_folder.h"

namespace sni::certs {
namespace {

namespace fs = std::filesystem;
using test::refusal_of;

CertBundle bundle_for(const std::string& name) {
    return issue(test::request_for({name}));
}

std::vector<std::string> names_in(const fs::path& folder) {
    std::vector<std::string> names;
    for (const auto& [name, what] : test::picture_of(folder)) {
        names.push_back(name);
    }
    return names;
}

TEST_CASE("a pair is written and read back, the key for its owner only", "[certs]") {
    const test::TempFolder folder;
    const CertBundle authority = test::lab_authority();
    const CertBundle bundle = issue(test::request_for({"a.example"}), &authority);
    const mode_t before = ::umask(GENERATE(as<mode_t>{}, 0, 0077, 0777));
    const PairPaths paths = write_pair(folder.path(), "a.example", bundle, false);
    ::umask(before);

    CHECK(paths.cert == folder / "a.example.crt");
    CHECK(paths.key == folder / "a.example.key");
    CHECK(test::mode_of(paths.cert) == 0644);
    CHECK(test::mode_of(paths.key) == 0600);
    CHECK(names_in(folder.path()) == std::vector<std::string>{"a.example.crt", "a.example.key"});
    const auto read = read_pair(paths);
    REQUIRE(read.has_value());
    CHECK(read->cert_pem == bundle.cert_pem);
    CHECK(read->issuer_pem == authority.cert_pem);
    CHECK(read->key.reveal() == bundle.key.reveal());
    CHECK_FALSE(exposed(paths.key).has_value());
}

TEST_CASE("no pair is nothing, and half a pair is an error", "[certs]") {
    const test::TempFolder folder;
    const PairPaths paths = pair_paths(folder.path(), "a.example");
    CHECK_FALSE(read_pair(paths).has_value());
    CHECK_FALSE(read_pair(pair_paths(folder / "nowhere", "a.example")).has_value());

    write_pair(folder.path(), "a.example", bundle_for("a.example"), false);
    SECTION("the key is missing") {
        fs::remove(paths.key);
        const test::Refusal refusal = refusal_of([&] { read_pair(paths); });
        CHECK(refusal.exit == Exit::usage);
        CHECK(refusal.code == code::kPairIncomplete);
        CHECK(refusal.file == paths.cert.native());
        CHECK(refusal.message == "this certificate has no key beside it");
    }
    SECTION("the certificate is missing") {
        fs::remove(paths.cert);
        const test::Refusal refusal = refusal_of([&] { read_pair(paths); });
        CHECK(refusal.code == code::kPairIncomplete);
        CHECK(refusal.message == "this key has no certificate beside it");
    }
    SECTION("the key is another one") {
        test::spill(paths.key, bundle_for("a.example").key.reveal());
        const test::Refusal refusal = refusal_of([&] { read_pair(paths); });
        CHECK(refusal.exit == Exit::usage);
        CHECK(refusal.code == code::kBadPair);
        CHECK(refusal.file == paths.key.native());
        CHECK(refusal.message == "the private key belongs to another certificate");
    }
    SECTION("the key is none") {
        test::spill(paths.key, "no key");
        try {
            read_pair(paths);
            FAIL("it is taken");
        } catch (const Failure& failure) {
            CHECK(failure.diagnostics().front().hint ==
                  "mend that file, or make a new pair: " + renewal(paths));
        }
    }
    SECTION("the certificates are in the wrong order") {
        const CertBundle authority = test::lab_authority();
        const CertBundle leaf = issue(test::request_for({"a.example"}), &authority);
        test::spill(paths.cert, authority.cert_pem + leaf.cert_pem);
        test::spill(paths.key, leaf.key.reveal());
        try {
            read_pair(paths);
            FAIL("it is taken");
        } catch (const Failure& failure) {
            const Diagnostic& told = failure.diagnostics().front();
            CHECK(told.place.file == paths.cert.native());
            CHECK(told.hint ==
                  "put the certificate that the key belongs to first, and behind it its issuers");
        }
    }
    SECTION("the certificate is broken") {
        test::spill(paths.cert, "-----BEGIN CERTIFICATE-----\n");
        const test::Refusal refusal = refusal_of([&] { read_pair(paths); });
        CHECK(refusal.code == code::kBadPair);
        CHECK(refusal.file == paths.cert.native());
    }
    SECTION("the key is a folder") {
        fs::remove(paths.key);
        fs::create_directory(paths.key);
        const test::Refusal refusal = refusal_of([&] { read_pair(paths); });
        CHECK(refusal.exit == Exit::usage);
        CHECK(refusal.code == code::kUnreadableFile);
    }
}

TEST_CASE("an existing key or certificate is never overwritten without force", "[certs]") {
    const test::TempFolder folder;
    const PairPaths paths = pair_paths(folder.path(), "a.example");
    const bool key = GENERATE(true, false);
    const fs::path& file = key ? paths.key : paths.cert;
    SECTION("a file") {
        test::spill(file, "precious");
    }
    SECTION("an empty file") {
        test::spill(file, "");
    }
    SECTION("a link to a file") {
        test::spill(folder / "elsewhere", "precious");
        fs::create_symlink(folder / "elsewhere", file);
    }
    SECTION("a link to nothing") {
        fs::create_symlink(folder / "nowhere", file);
    }
    SECTION("a folder") {
        fs::create_directory(file);
    }
    const auto before = test::picture_of(folder.path());

    const test::Refusal refusal =
        refusal_of([&] { write_pair(folder.path(), "a.example", bundle_for("a.example"), false); });
    CHECK(refusal.exit == Exit::usage);
    CHECK(refusal.code == code::kPairExists);
    CHECK(refusal.file == file.native());
    CHECK(test::picture_of(folder.path()) == before);
}

TEST_CASE("force replaces both files and follows no link", "[certs]") {
    const test::TempFolder folder;
    const PairPaths paths = pair_paths(folder.path(), "a.example");
    SECTION("a pair") {
        write_pair(folder.path(), "a.example", bundle_for("a.example"), false);
    }
    SECTION("links") {
        test::spill(folder / "elsewhere", "precious");
        fs::create_symlink(folder / "elsewhere", paths.key);
        fs::create_symlink(folder / "nowhere", paths.cert);
    }
    SECTION("a key alone, readable by all") {
        test::spill(paths.key, "-----BEGIN PRIVATE KEY-----\nold\n");
        ::chmod(paths.key.c_str(), 0666);
    }
    const CertBundle bundle = bundle_for("a.example");
    write_pair(folder.path(), "a.example", bundle, true);

    CHECK(read_pair(paths)->cert_pem == bundle.cert_pem);
    CHECK(fs::symlink_status(paths.key).type() == fs::file_type::regular);
    CHECK(test::mode_of(paths.key) == 0600);
    CHECK_FALSE(fs::exists(folder / "nowhere"));
    if (fs::exists(folder / "elsewhere")) CHECK(test::slurp(folder / "elsewhere") == "precious");
    for (const std::string& name : names_in(folder.path())) {
        CHECK_THAT(name, !test::Contains("tmp-"));
    }
}

TEST_CASE("several pairs are written all or none", "[certs]") {
    const test::TempFolder folder;
    write_pair(folder.path(), "b.example", bundle_for("b.example"), false);
    const auto before = test::picture_of(folder.path());
    const std::vector<NamedBundle> pairs = {{"a.example", bundle_for("a.example")},
                                            {"b.example", bundle_for("b.example")},
                                            {"b.example", bundle_for("b.example")}};
    SECTION("the second one is there already") {
        CHECK(refusal_of([&] { write_pairs(folder.path(), pairs, false); }).exit == Exit::usage);
    }
    SECTION("the last one cannot be put in place") {
        // Two pairs of one name: the fifth file meets the third one, after the old pair was moved
        // aside and four new files have come in.
        CHECK(refusal_of([&] { write_pairs(folder.path(), pairs, true); }).exit == Exit::machine);
    }
    SECTION("a target is no file") {
        fs::create_directory(folder / "c.example.crt");
        const auto with_folder = test::picture_of(folder.path());
        CHECK(refusal_of([&] {
                  write_pairs(folder.path(), {pairs[1], {"c.example", pairs[0].bundle}}, true);
              }).exit == Exit::machine);
        CHECK(test::picture_of(folder.path()) == with_folder);
        fs::remove(folder / "c.example.crt");
    }
    CHECK(test::picture_of(folder.path()) == before);
}

TEST_CASE("a full disk leaves nothing behind and everything as it was", "[certs]") {
    const test::TempFolder folder;
    write_pair(folder.path(), "a.example", bundle_for("a.example"), false);
    const CertBundle bundle = bundle_for("a.example");
    const auto before = test::picture_of(folder.path());
    // The key fits and the certificate does not, then neither.
    const rlim_t bytes = GENERATE_COPY(bundle.key.reveal().size(), std::size_t{10}, std::size_t{0});
    test::Refusal pair;
    test::Refusal file;
    {
        const test::FullDisk full(bytes);
        pair = refusal_of([&] { write_pair(folder.path(), "a.example", bundle, true); });
        file = refusal_of([&] { write_file(folder / "a.example.crt", std::string(5000, 'x')); });
    }
    CHECK(pair.exit == Exit::machine);
    CHECK(pair.code == code::kCannotWrite);
    CHECK(file.exit == Exit::machine);
    CHECK(test::picture_of(folder.path()) == before);
}

TEST_CASE("a folder that is not ours to write to is no permission, and stays as it is", "[certs]") {
    const test::TempFolder folder;
    ::chmod(folder.path().c_str(), 0555);
    const CertBundle bundle = bundle_for("a.example");
    test::Refusal refusal;
    {
        const test::Unprivileged nobody;
        refusal = refusal_of([&] { write_pair(folder.path(), "a.example", bundle, false); });
    }
    CHECK(refusal.exit == Exit::machine);
    CHECK(refusal.code == code::kNoPermission);
    CHECK(names_in(folder.path()).empty());
}

TEST_CASE("a key that is not ours to read is an unreadable file", "[certs]") {
    const test::TempFolder folder;
    ::chmod(folder.path().c_str(), 0555);
    test::spill(folder / "secret.key", "key");
    ::chmod((folder / "secret.key").c_str(), 0);
    test::Refusal refusal;
    {
        const test::Unprivileged nobody;
        refusal = refusal_of([&] { read_file(folder / "secret.key"); });
    }
    CHECK(refusal.exit == Exit::usage);
    CHECK(refusal.code == code::kUnreadableFile);
}

TEST_CASE("two writers of one pair leave one pair that fits", "[certs]") {
    const test::TempFolder folder;
    const bool force = GENERATE(true, false);
    const std::vector<CertBundle> bundles = {bundle_for("a.example"), bundle_for("a.example"),
                                             bundle_for("a.example"), bundle_for("a.example")};
    std::atomic<int> written = 0;
    {
        std::vector<std::jthread> writers;
        writers.reserve(bundles.size());
        for (const CertBundle& bundle : bundles) {
            writers.emplace_back([&folder, &written, &bundle, force] {
                const auto refusal =
                    refusal_of([&] { write_pair(folder.path(), "a.example", bundle, force); });
                if (refusal.exit == Exit::yes) ++written;
            });
        }
    }
    CHECK(written == (force ? 4 : 1));
    CHECK(read_pair(pair_paths(folder.path(), "a.example")).has_value());
    CHECK(names_in(folder.path()).size() == 2);
}

/// Runs `work` in a child and sends it `signal` at the system call boundary number `stop`. False
/// when the child was finished by then.
template <class Work>
bool signalled_at(int stop, int signal, Work work) {
    const pid_t child = ::fork();
    if (child == 0) {
        std::signal(signal, SIG_DFL);  // and not what Catch has made of it
        ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
        ::raise(SIGSTOP);
        work();
        ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    REQUIRE(WIFSTOPPED(status));
    for (int i = 0; i < stop && WIFSTOPPED(status); ++i) {
        ::ptrace(PTRACE_SYSCALL, child, nullptr, nullptr);
        ::waitpid(child, &status, 0);
    }
    if (!WIFSTOPPED(status)) return false;
    ::kill(child, signal);
    ::ptrace(PTRACE_DETACH, child, nullptr, nullptr);
    ::waitpid(child, nullptr, 0);
    return true;
}

TEST_CASE("a writer killed at any moment leaves no pair that does not fit", "[certs]") {
    const CertBundle older = bundle_for("a.example");
    const CertBundle newer = bundle_for("a.example");
    const bool exists = GENERATE(true, false);
    int whole = 0;
    int stop = 1;
    for (bool killed = true; killed; ++stop) {
        CAPTURE(exists, stop);
        const test::TempFolder folder;
        if (exists) write_pair(folder.path(), "a.example", older, false);
        killed = signalled_at(stop, SIGKILL,
                              [&] { write_pair(folder.path(), "a.example", newer, exists); });
        // Whole, gone, or without its certificate; never two that do not belong together.
        const PairPaths paths = pair_paths(folder.path(), "a.example");
        const test::Refusal refusal = refusal_of([&] {
            if (read_pair(paths)) ++whole;
        });
        CHECK((refusal.exit == Exit::yes || refusal.code == code::kPairIncomplete));
        write_pair(folder.path(), "a.example", newer, true);
        CHECK(read_pair(paths).has_value());
    }
    CHECK(stop > 20);  // the knife did come near
    CHECK(whole > 0);
}

TEST_CASE("a writer that is told to stop at any moment leaves whole pairs and no other file",
          "[certs]") {
    const CertBundle older = bundle_for("a.example");
    const CertBundle newer = bundle_for("a.example");
    const int signal = GENERATE(SIGTERM, SIGINT, SIGHUP);
    int replaced = 0;
    int stop = 1;
    for (bool stopped = true; stopped; ++stop) {
        CAPTURE(signal, stop);
        const test::TempFolder folder;
        write_pair(folder.path(), "a.example", older, false);
        stopped = signalled_at(stop, signal, [&] {
            write_pairs(folder.path(), {{"a.example", newer}, {"b.example", newer}}, true);
        });
        const auto a = read_pair(pair_paths(folder.path(), "a.example"));
        const auto b = read_pair(pair_paths(folder.path(), "b.example"));
        REQUIRE(a.has_value());
        CHECK(b.has_value() == (a->cert_pem == newer.cert_pem));
        CHECK(names_in(folder.path()).size() == (b ? 4 : 2));
        if (b) ++replaced;
    }
    CHECK(stop > 20);
    CHECK(replaced > 10);
}

TEST_CASE("file names of names", "[certs]") {
    const auto [name, file] = GENERATE(table<std::string, std::string>({
        {"a.example", "a.example.key"},
        {"*.example.com", "_wildcard.example.com.key"},
        {"10.0.0.1", "10.0.0.1.key"},
        {"::1", "ipv6_--1.key"},
        {"2001:db8::5", "ipv6_2001-db8--5.key"},
        {"..", "_...key"},
        {"../../etc/passwd", "_.._.._etc_passwd.key"},
        {"-rf", "_-rf.key"},
        {"", "_.key"},
        {std::string("a\0/b\n", 5), "a__b_.key"},
    }));
    CHECK(pair_paths("folder", name).key == fs::path("folder") / file);
}

TEST_CASE("the longest of names still has a file name of its own", "[certs]") {
    const test::TempFolder folder;
    const std::string name = std::string(63, 'a') + "." + std::string(63, 'b') + "." +
                             std::string(63, 'c') + "." + std::string(61, 'd');
    REQUIRE(name.size() == 253);
    const std::string sibling = name.substr(0, 252) + "e";
    write_pair(folder.path(), name, bundle_for(name), false);
    write_pair(folder.path(), sibling, bundle_for(sibling), false);
    CHECK(read_pair(pair_paths(folder.path(), name)).has_value());
    CHECK(names_in(folder.path()).size() == 4);
}

}  // namespace
TEST_CASE("a pair is made anew where it lies, under its own name", "[certs]") {
    CHECK(renewal(pair_paths("s t/certs", "apples.example.com")) ==
          "sni-lab certgen --force --out 's t/certs' apples.example.com");
    CHECK(renewal(pair_paths("", "*.example.com")) ==
          "sni-lab certgen --force --out . '*.example.com'");
    // What the files do not tell.
    CHECK(renewal(pair_paths("c", "fe80::1")) == "sni-lab certgen NAME --out DIR");
    CHECK(renewal({.cert = "tls.pem", .key = "tls.key"}) == "sni-lab certgen NAME --out DIR");
}

}  // namespace sni::certs
