// ./run, with a cmake that only says what ninja says.
#include <fstream>

#include "tests/support/catch.h"
#include "tests/support/process.h"
#include "tests/support/temp_folder.h"

namespace e2e_run_script_test {

using namespace sni::test;

namespace {

/// A folder with ./run and programs of the given text in front of the real ones.
class Checkout {
  public:
    Checkout() {
        std::filesystem::copy_file(std::string(SNI_LAB_SOURCE_DIR) + "/run", folder_ / "run");
        std::filesystem::create_directory(folder_ / "bin");
        program("dpkg-query", "echo installed");
    }
    void program(const std::string& name, const std::string& text) const {
        const std::filesystem::path file = folder_ / "bin" / name;
        std::ofstream(file) << "#!/bin/sh\n" << text << '\n';
        std::filesystem::permissions(file, std::filesystem::perms::owner_all);
    }
    std::string text(const std::string& name) const { return slurp(folder_ / name); }
    Finished run(const std::string& words) const {
        return run_program(
            {"bash", "-c", "PATH=$0/bin:$PATH exec \"$0/run\" " + words, folder_.path().string()});
    }

  private:
    TempFolder folder_;
};

}  // namespace

TEST_CASE("./run says that it builds, and how far it is", "[e2e]") {
    const Checkout checkout;
    checkout.program("cmake",
                     "case $1 in --build) echo '[1/3] one'; echo '[2/3] two'; "
                     "echo '[3/3] three';; esac");
    const Finished built = checkout.run("build");
    CHECK(built.status == 0);
    CHECK(built.err ==
          "run: building (preset release)\nrun: building [1/3]\nrun: building [3/3]\n");
}

TEST_CASE("./run shows what went wrong in a build", "[e2e]") {
    const Checkout checkout;
    checkout.program("cmake",
                     "case $1 in --build) echo '[1/3] one'; echo 'x.cpp: error'; exit 1;; esac");
    const Finished built = checkout.run("build");
    CHECK(built.status == 1);
    CHECK(built.err.find("x.cpp: error") != std::string::npos);
}

TEST_CASE("./run setup peers starts no daemon and makes no database", "[e2e]") {
    const Checkout checkout;
    checkout.program("dpkg-query", "[ \"$4\" != postgresql ] || exit 1; echo installed");
    checkout.program("id", "echo 1000");
    // As the first, sudo is asked for "env ... apt-get update"; then for what installs.
    checkout.program("sudo", "printf '%s\\n' \"$@\" >>\"${0%/*}/asked\"");
    checkout.program("python3", "exit 1");  // nothing is fetched
    const Finished set_up = checkout.run("setup peers");
    INFO(set_up.err);
    CHECK(set_up.status == 0);
    CHECK(set_up.err.starts_with("run: installing postgresql\n"));
    const std::string asked = checkout.text("bin/asked");
    CHECK(asked.find("policy-rc.d") != std::string::npos);
    CHECK(asked.find("create_main_cluster = false") != std::string::npos);
    CHECK(
        asked.ends_with("\nat_rest\napt-get\ninstall\n-y\n--no-install-recommends\npostgresql\n"));
}

TEST_CASE("./run fuzz says what it takes", "[e2e]") {
    const Checkout checkout;
    const Finished asked = checkout.run("fuzz");
    CHECK(asked.status == 2);
    CHECK(asked.err == "usage: ./run fuzz SECONDS, for each target | fuzz coverage [FILE]\n");
}

TEST_CASE("./run fuzz coverage stops where something fails", "[e2e]") {
    const Checkout checkout;
    checkout.program("cmake", "case $1 in --build) echo 'x.cpp: error'; exit 1;; esac");
    const Finished failed = checkout.run("fuzz coverage");
    CHECK(failed.status == 1);
    CHECK(failed.err.find("x.cpp: error") != std::string::npos);
    CHECK(failed.err.find("usage") == std::string::npos);
}

TEST_CASE("a word that ./run does not read is refused before anything is built", "[e2e]") {
    const Checkout checkout;
    checkout.program("dpkg-query", "echo asked >\"${0%/*}/asked\"; echo installed");
    const char* words =
        GENERATE("demo --json", "build x", "test -R tls", "figures x", "lint deeep", "lint deep x",
                 "hellos", "hellos random", "hellos near x", "setup x", "sim x", "compat", "x", "");
    CAPTURE(words);
    const Finished refused = checkout.run(words);
    CHECK(refused.status == 2);
    CHECK(refused.out.empty());
    CHECK(refused.err.find("run") != std::string::npos);
    CHECK(checkout.text("bin/asked").empty());
}

}  // namespace e2e_run_script_test
