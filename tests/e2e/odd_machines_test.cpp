// Machines and starts that are not as usual: signals that whoever starts it ignores.
#include <csignal>

#include "tests/support/catch.h"
#include "tests/support/lab_folder.h"

namespace e2e_odd_machines_test {

using namespace sni::test;

TEST_CASE("whoever ignores the ends of his children still gets a command's status", "[e2e]") {
    const LabFolder lab;
    std::vector<std::string> command =
        lab.command({"up", "--once", "--listen", "127.0.0.1:0", "--", "sh", "-c", "exit 5"});
    command.insert(command.begin() + 1, "--ignore-signal=CHLD");
    CHECK(run_program(command, {}, std::chrono::seconds(20)).status == 5);
}

TEST_CASE("a file at the limit of its size is told as a full disk", "[e2e]") {
    const LabFolder lab;
    const Finished ran = lab.run_other(
        {"sh", "-c", "ulimit -f 0; exec \"$0\" certgen a.example --key ec:p256", SNI_LAB_BINARY});
    CHECK(ran.status == 7);
    CHECK(ran.err.find("this cannot be written") != std::string::npos);
    CHECK(ran.err.find("File too large") != std::string::npos);
    // What it runs is ended by that as ever.
    const Finished child = lab.run_other(
        {"sh", "-c", "\"$0\" up --once --listen 127.0.0.1:0 -- sh -c 'ulimit -f 0; echo x > x'",
         SNI_LAB_BINARY});
    CHECK(child.status == 128 + SIGXFSZ);
}

}  // namespace e2e_odd_machines_test
