// Machines and starts that are not as usual: signals that whoever starts it ignores, no /proc.
#include <csignal>
#include <optional>

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <sys/ioctl.h>
#include <unistd.h>

#include "lab/net/descriptor.h"
#include "tests/support/background.h"
#include "tests/support/catch.h"
#include "tests/support/lab_folder.h"

namespace e2e_odd_machines_test {

using namespace sni::test;
using nlohmann::json;

namespace {

/// `line` in the lab's folder with the program as $0, where there is no /proc; nothing where none
/// can be taken away.
std::optional<Finished> without_proc(const LabFolder& lab, const std::string& line) {
    constexpr int kCannot = 77;
    const std::string hide = "mount -t tmpfs none /proc || exit " + std::to_string(kCannot) + "; ";
    Finished ran = lab.run_other({"unshare", "--user", "--map-root-user", "--mount", "sh", "-c",
                                  hide + line, SNI_LAB_BINARY});
    if (ran.status != kCannot && ran.err.find("unshare") == std::string::npos) return ran;
    WARN("not run: /proc cannot be hidden here");
    return std::nullopt;
}

}  // namespace

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

TEST_CASE("a lab that could not be found again is not started", "[e2e]") {
    const LabFolder lab;
    const auto ran = without_proc(lab, "exec \"$0\" up --detach --listen 127.0.0.1:0");
    if (!ran) return;
    CHECK(ran->status == 7);
    CHECK(ran->err.find("a lab here could not be found again, nor stopped") != std::string::npos);
    CHECK(ran->err.find("mount /proc") != std::string::npos);
    CHECK_FALSE(std::filesystem::exists(lab / ".sni-lab"));
}

TEST_CASE("a new answer has what the umask leaves it, also without /proc", "[e2e]") {
    const LabFolder lab;
    const auto ran =
        without_proc(lab, "umask 077; exec \"$0\" analyze passthrough --write-baseline known");
    if (!ran) return;
    CHECK(ran->status == 0);
    CHECK(mode_of(lab / "known") == 0600);
}

TEST_CASE("a lab below a folder whose name is no UTF-8 says where it can be", "[e2e]") {
    const LabFolder lab;
    const Finished refused =
        lab.run({"up", "--state", "caf\xe9", "--once", "--listen", "127.0.0.1:0", "--", "true"});
    CHECK(refused.status == 2);
    CHECK(refused.err.find("caf\\xe9 has a name that is not UTF-8") != std::string::npos);
    CHECK(refused.err.find("--state DIR") != std::string::npos);
    CHECK_FALSE(std::filesystem::exists(lab / "caf\xe9"));
    // A scenario's may have any name.
    std::filesystem::create_directory(lab / "caf\xe9");
    const Finished tutorial = lab.run({"scenario", "show", "passthrough", "manifests.yaml"});
    REQUIRE(tutorial.status == 0);
    spill(lab / "caf\xe9/a.yaml", tutorial.out);
    const Finished ran = lab.run({"up", "./caf\xe9", "--once", "--listen", "127.0.0.1:0", "--",
                                  SNI_LAB_BINARY, "verify", "--running", "./caf\xe9"});
    INFO(ran.out << ran.err);
    CHECK(ran.status == 0);
}

TEST_CASE("a detached lab holds nothing of whoever started it", "[e2e]") {
    const LabFolder lab;
    const Finished up = lab.run_other(
        {"sh", "-c", "exec 7>held; exec \"$0\" up --detach --listen 127.0.0.1:0", SNI_LAB_BINARY});
    REQUIRE(up.status == 0);
    const int pid = json::parse(lab.run({"status", "--json"}).out)["lab"]["pid"];
    const std::string descriptors = "/proc/" + std::to_string(pid) + "/fd";
    std::error_code none;
    for (const auto& open : std::filesystem::directory_iterator(descriptors)) {
        CHECK(std::filesystem::read_symlink(open.path(), none) != lab / "held");
    }
    CHECK(lab.run({"get", "https://httpbin.example.com/status/418"}).out.find("teapot") !=
          std::string::npos);
}

TEST_CASE("a scenario that cannot be written leaves no folder", "[e2e]") {
    const LabFolder lab;
    const Finished ran = lab.run_other(
        {"sh", "-c", "ulimit -f 0; exec \"$0\" scenario new my-lesson", SNI_LAB_BINARY});
    CHECK(ran.status == 7);
    CHECK_FALSE(std::filesystem::exists(lab / "my-lesson"));
}

TEST_CASE("manifests that come slowly out of a pipe that does not wait are waited for", "[e2e]") {
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0);
    const sni::net::Descriptor reader(ends[0]);
    sni::net::Descriptor writer(ends[1]);
    const sni::net::Descriptor own(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0));
    ::dup2(reader.fd(), STDIN_FILENO);
    Background program({SNI_LAB_BINARY, "analyze", "-", "--namespace", "default"});
    ::dup2(own.fd(), STDIN_FILENO);
    const std::string_view text = "apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n";
    REQUIRE(::write(writer.fd(), text.data(), 20) == 20);
    for (int unread = 1; unread > 0;) {  // until it waits for more
        REQUIRE(::ioctl(reader.fd(), FIONREAD, &unread) == 0);
    }
    REQUIRE(::write(writer.fd(), text.data() + 20, text.size() - 20) > 0);
    writer.reset();
    CHECK(program.line().starts_with("stdin:3:18: info: "));
    CHECK(program.end(0) == 0);
}

}  // namespace e2e_odd_machines_test
