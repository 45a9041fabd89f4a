#include "lab/peers/live/child.h"

#include <csignal>
#include <fstream>
#include <thread>

#include "lab/bench/peers.h"
#include "lab/peers/live/program.h"
#include "tests/support/catch.h"
#include "tests/support/process.h"
#include "tests/support/temp_folder.h"

namespace bench_load_child_test {

using namespace sni::bench;
using namespace sni::peers;
using namespace sni::test;

namespace {

/// What the child's script wrote to `file`, once it did.
pid_t pid_in(const std::filesystem::path& file) {
    pid_t pid = 0;
    while (!(std::ifstream(file) >> pid)) {
        std::this_thread::yield();
    }
    return pid;
}

bool exists(pid_t pid) {
    const std::string stat = slurp("/proc/" + std::to_string(pid) + "/stat");
    return !stat.empty() && stat.find(") Z") == std::string::npos;
}

/// Its files are in `folder`; a set-up of both kinds of table.
Wiring wiring_in(const std::filesystem::path& folder, std::size_t routes) {
    Wiring wiring{.port = free_port(),
                  .routes = {},
                  .folder = folder.string(),
                  .threads = 2,
                  .max_connections = 200};
    for (std::size_t i = 0; i < routes; ++i) {
        wiring.routes.push_back({(i > 2 && i % 10 == 0 ? "*.n" : "n") + std::to_string(i) + ".test",
                                 sni::loopback(9001)});
    }
    return wiring;
}

void write(const Setup& setup, const std::filesystem::path& folder) {
    for (const auto& [name, content] : setup.files) {
        spill(folder / name, content);
    }
}

}  // namespace

TEST_CASE("a child that ignores SIGTERM is ended, and so is what it started", "[bench]") {
    const TempFolder folder;
    pid_t grandchild = 0;
    {
        const Child child({"/bin/sh", "-c",
                           "trap '' TERM; tail -f /dev/null & echo $! > " +
                               (folder / "pid").string() + "; wait; wait"},
                          folder / "log");
        grandchild = pid_in(folder / "pid");
        CHECK(exists(grandchild));
    }
    while (exists(grandchild)) {
        std::this_thread::yield();
    }
}

TEST_CASE("the CPU time of a child's children is its own", "[bench]") {
    const TempFolder folder;
    const Child child({"/bin/sh", "-c",
                       "(while :; do :; done) & echo $! > " + (folder / "pid").string() + "; wait"},
                      folder / "log");
    pid_in(folder / "pid");
    const auto before = child.cpu();
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (child.cpu() - before < std::chrono::milliseconds(30)) {
        REQUIRE(std::chrono::steady_clock::now() < deadline);
        std::this_thread::yield();
    }
    CHECK(child.memory() > 0);
}

TEST_CASE("what a child said last is kept when it has ended", "[bench]") {
    const TempFolder folder;
    Child child({"/bin/sh", "-c", "echo first; echo no such option >&2; exit 3"}, folder / "log");
    REQUIRE(child.wait(std::chrono::seconds(20)));
    CHECK_FALSE(child.running());
    CHECK(child.last_words() == "no such option");
}

TEST_CASE("what a program says of itself without an end is cut off", "[bench]") {
    const TempFolder folder;
    const std::string said = output_of({"/bin/sh", "-c", "yes 1.2.3"}, folder / "said");
    CHECK(said.size() == kMostOutput);
    CHECK(said.starts_with("1.2.3\n"));
}

TEST_CASE("the installed peers accept their configuration, with two routes and with many",
          "[bench]") {
    const TempFolder folder;
    const Wiring wiring = wiring_in(folder.path(), GENERATE(2, 1000));
    if (const auto program = find_program("haproxy")) {
        write(haproxy(wiring, *program), folder.path());
        const Finished checked =
            run_program({*program, "-c", "-f", (folder / "haproxy.cfg").string()});
        INFO(checked.out << checked.err);
        CHECK(checked.status == 0);
        CHECK(checked.err.find("WARNING") == std::string::npos);
    }
    const std::string module = "/usr/lib/nginx/modules/ngx_stream_module.so";
    if (const auto program = find_program("nginx"); program && std::filesystem::exists(module)) {
        Setup setup = nginx(wiring, *program, module);
        write(setup, folder.path());
        setup.command.emplace_back("-t");
        const Finished checked = run_program(setup.command);
        INFO(checked.out << checked.err);
        CHECK(checked.status == 0);
    }
}

}  // namespace bench_load_child_test
