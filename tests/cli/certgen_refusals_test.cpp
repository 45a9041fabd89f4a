// What certgen does not do, and that it leaves everything as it was.
#include "lab/core/codes.h"
#include "tests/cli/certgen_fixture.h"
#include "tests/support/catch.h"
#include "tests/support/hardship.h"
#include "tests/support/process.h"
#include "tests/support/run_cli.h"

namespace sni::cli {
namespace {

namespace fs = std::filesystem;

TEST_CASE("a lab CA that cannot sign is refused", "[cli]") {
    Certgen certgen;
    certgen.options.names = {"lab-ca"};
    certgen.made();
    certgen.options.names = {"a.example"};
    certgen.options.authority = true;
    CHECK(certgen.refused().code == code::kBadAuthority);

    fs::remove(certgen.folder / "state/certs/lab-ca.key");
    CHECK(certgen.refused().code == code::kPairIncomplete);
    fs::remove(certgen.folder / "state/certs/lab-ca.crt");
    certgen.made();
    certgen.options.names = {"b.example"};
    certgen.options.now = [] {
        return std::chrono::sys_seconds{std::chrono::sys_days{std::chrono::year{2037} / 1 / 1}};
    };
    const test::Refusal refusal = certgen.refused();
    CHECK(refusal.exit == Exit::usage);
    CHECK(refusal.message == "the lab CA is outside its dates");
}

TEST_CASE("what is there is never overwritten without --force", "[cli]") {
    Certgen certgen;
    certgen.made();
    const Digest before = certgen.facts("httpbin.example.com").sha256;
    const test::Refusal refusal = certgen.refused();
    CHECK(refusal.exit == Exit::usage);
    CHECK(refusal.code == code::kPairExists);

    certgen.options.names = {"new.example", "httpbin.example.com"};
    CHECK(certgen.refused().code == code::kPairExists);

    certgen.options.force = true;
    certgen.made();
    CHECK(certgen.facts("httpbin.example.com").sha256 != before);
}

TEST_CASE("certgen --force replaces keys and certificates, and nothing else of their name",
          "[cli]") {
    Certgen certgen;
    certgen.options.names = {"slides"};
    certgen.options.out = certgen.folder / "talks";
    certgen.options.force = true;
    fs::create_directory(certgen.folder / "talks");
    const fs::path slides = certgen.folder / "talks/slides.key";
    test::spill(slides, "PK of a presentation");
    const test::Refusal refusal = certgen.refused();
    CHECK(refusal.exit == Exit::usage);
    CHECK(refusal.code == code::kPairExists);
    CHECK(test::slurp(slides) == "PK of a presentation");
    CHECK_FALSE(fs::exists(certgen.folder / "talks/slides.crt"));
    test::spill(slides, "");
    certgen.made();
}

TEST_CASE("a name that is almost one is refused with the one that was meant", "[cli]") {
    const test::TempFolder folder;
    const auto hint_for = [&](const char* name) {
        const std::string err =
            test::run({"certgen", name, "--state", (folder / "state").string()}).err;
        return err.substr(std::min(err.find("hint: "), err.size()));
    };
    CHECK(hint_for("b\u00fccher.example") == "hint: write its A-labels: xn--bcher-kva.example\n");
    CHECK(hint_for("*.b\u00fccher.example") ==
          "hint: write its A-labels: *.xn--bcher-kva.example\n");
    CHECK(hint_for("https://pay.example.com/") == "hint: write the host alone: pay.example.com\n");
    CHECK(hint_for("pay.example.com:443") == "hint: write the host alone: pay.example.com\n");
    CHECK(hint_for("fe80::1%lo") == "hint: write the address without its zone: fe80::1\n");
    CHECK(hint_for("a b") == "hint: see sni-lab certgen --help\n");
}

TEST_CASE("bad values are refused before anything is made", "[cli]") {
    Certgen certgen;
    CertgenOptions& options = certgen.options;
    std::string message;
    SECTION("days") {
        options.days = GENERATE(as<std::string>{}, "0", "-1", "abc", "", "1.5", "36501", "1 ",
                                "99999999999999999999");
        message = "--days \"" + options.days + "\" is not a number from 1 to 36500";
    }
    SECTION("first date") {
        options.not_before = "2026-02-30";
        message =
            "--not-before \"2026-02-30\" is no time; write 2026-11-22, "
            "2026-11-22T07:48:01Z or -10d";
    }
    SECTION("key") {
        options.key = "rsa:1024\x1b";
        message =
            "--key \"rsa:1024\\x1b\" is none of rsa:2048, rsa:3072, rsa:4096, ec:p256, "
            "ec:p384, ed25519";
    }
    SECTION("name with a NUL") {
        options.names = {std::string("127.0.0.1\0", 10)};
        message =
            "\"127.0.0.1\\x00\" has a character no host name has; letters, digits, '-', '_' "
            "and '.' may stand in one, and * only at the front, as in *.example.com";
    }
    SECTION("second name") {
        options.names = {"a.example", ""};
        message = "a name is empty";
    }
    SECTION("san") {
        options.sans = {"a.example."};
        message = "\"a.example.\" ends in a dot; leave it out";
    }
    SECTION("organization") {
        options.organization = "a\tb";
        message = "--org \"a\\x09b\" has a control character or is not UTF-8";
    }
    SECTION("one name twice") {
        options.names = {"a.example", "A.example"};
        message = "a.example.key would be written twice";
    }
    SECTION("the name of the lab CA") {
        options.names = {"lab-ca"};
        options.authority = true;
        message = "lab-ca.key would be written twice";
    }
    SECTION("scenario and name") {
        options.names = {"a.example"};
        options.scenario = "s";
        message = "--scenario brings its own names; give either";
    }
    SECTION("cn-only and SAN") {
        options.cn_only = true;
        options.sans = {"a.example"};
        message = "--cn-only makes a certificate without SAN";
    }
    SECTION("cn-only and CA") {
        options.cn_only = true;
        options.authority = true;
        message = "--cn-only is self-signed, as the tutorial's";
    }
    SECTION("state") {
        options.state = "";
        message = "--state names no folder";
    }
    const test::Refusal refusal = certgen.refused();
    CHECK(refusal.exit == Exit::usage);
    CHECK(refusal.message == message);
}

TEST_CASE("a folder that cannot be made or written is the machine's refusal", "[cli]") {
    Certgen certgen;
    SECTION("below a file") {
        test::spill(certgen.folder / "file", "x");
        certgen.options.out = certgen.folder / "new/../file/below";
        CHECK(certgen.refused().code == code::kCannotWrite);
    }
    SECTION("full disk") {
        certgen.options.authority = true;
        const test::FullDisk full(100);
        CHECK(certgen.refused().code == code::kCannotWrite);
    }
    SECTION("no permission") {
        ::chmod(certgen.folder.path().c_str(), 0555);
        const test::Unprivileged nobody;
        CHECK(certgen.refused().code == code::kNoPermission);
    }
}

}  // namespace
}  // namespace sni::cli
