// sni-lab torture --peer: gateways that it starts itself, and what several runs look like together.
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>

#include <nlohmann/json.hpp>

#include "certs/identity.h"
#include "tests/support/background.h"
#include "tests/support/catch.h"
#include "tests/support/lab_folder.h"
#include "tests/support/run_cli.h"
#include "tests/support/temp_folder.h"

namespace e2e_torture_start_test {

using namespace sni;
using nlohmann::json;
using test::Ran;

namespace {

/// The document of a run through `peer`, which is all that there is to ask.
json asked(const std::string& peer, const std::string& config,
           const std::vector<std::string>& more = {}) {
    std::vector<std::string> words = {"torture", "--peer", peer, "--config", config, "--json"};
    words.insert(words.end(), more.begin(), more.end());
    const Ran ran = test::run(words);
    CAPTURE(peer, config);
    INFO(ran.err);
    REQUIRE(ran.status <= 1);
    json document = json::parse(ran.out);
    CHECK(document["asked"] == document["wanted"]);
    CHECK(document["counts"]["crashed"] == 0);
    return document;
}

std::string verdict(const json& document, std::string_view name) {
    for (const json& shape : document["shapes"]) {
        if (shape["name"] == name) return shape["verdict"];
    }
    return "no such shape";
}

int counted(const json& document, std::string_view begin, std::string_view verdict) {
    int count = 0;
    for (const json& shape : document["shapes"]) {
        count += shape["name"].get<std::string>().starts_with(begin) && shape["verdict"] == verdict;
    }
    return count;
}

/// A gateway of a few lines that dies of one name, started as tcpproxy is.
constexpr const char* kMortal = R"(#!/usr/bin/env python3
import os, select, socket, sys, threading
at = lambda text: (text.rsplit(":", 1)[0], int(text.rsplit(":", 1)[1]))
name, target = sys.argv[2].split("=")
decoy = sys.argv[3][2:]
def serve(client):
    seen = b""
    while len(seen) < 5 or len(seen) < 5 + int.from_bytes(seen[3:5], "big"):
        more = client.recv(65536)
        if not more: return
        seen += more
    if b"\0.evil.test" in seen: os._exit(1)
    mine = len(name).to_bytes(2, "big") + name.encode()
    server = socket.create_connection(at(target if mine in seen.lower() else decoy))
    server.sendall(seen)
    for side, other in iter(lambda: (select.select([client, server], [], [])[0], None), None):
        for one in side:
            data = one.recv(65536)
            if not data: return
            (server if one is client else client).sendall(data)
def guarded(client):
    with client:
        try: serve(client)
        except OSError: pass
with socket.create_server(at(sys.argv[1])) as listener:
    while True: threading.Thread(target=guarded, args=(listener.accept()[0],), daemon=True).start()
)";

}  // namespace

TEST_CASE("of many shapes that are open when a gateway ends, the one that ended it is found",
          "[e2e][torture]") {
    if (!test::have("python3")) return;
    const test::TempFolder folder;
    const std::string program = (folder.path() / "mortal").string();
    std::ofstream(program) << kMortal;
    std::filesystem::permissions(program, std::filesystem::perms::owner_all);
    const Ran ran = test::run(
        {"torture", "--peer", "tcpproxy=" + program, "--only", "name/*", "--jobs", "16", "--json"});
    INFO(ran.err);
    REQUIRE(ran.status == 1);
    const json document = json::parse(ran.out);
    CHECK(document["asked"] == document["wanted"]);
    CHECK(document["counts"]["crashed"] == 1);
    CHECK(verdict(document, "name/nul-and-more") == "crashed");
    for (const json& shape : document["shapes"]) {
        if (shape["verdict"] != "crashed") continue;
        CHECK(shape["how"] == "the gateway ended with status 1");
    }
}

TEST_CASE("torture --print-config shows a gateway's files and starts nothing", "[e2e][torture]") {
    const Ran ran =
        test::run({"torture", "--peer", "sni-lab=" SNI_LAB_BINARY, "--print-config", "--sni",
                   "B.test", "--target", "127.0.0.1:10443", "--decoy", "127.0.0.1:10444"});
    CHECK(ran.status == 0);
    CHECK_THAT(ran.out, test::Contains(" router --listen 127.0.0.1:") &&
                            test::Contains("b.test=127.0.0.1:10443") &&
                            test::Contains("10444' --hello-timeout 2000ms\n"));
    const Ran anywhere =
        test::run({"torture", "--peer", "sni-lab=" SNI_LAB_BINARY, "--print-config"});
    CHECK(anywhere.status == 0);
    CHECK_FALSE(test::Contains(":0").match(anywhere.out));
    const Ran unknown = test::run({"torture", "--peer", "apache"});
    CHECK(unknown.status == 2);
    CHECK_THAT(unknown.err, test::Contains("nobody knows how to set \"apache\" up") &&
                                test::Contains("one of sni-lab, haproxy, nginx"));
    const Ran missing = test::run({"torture", "--peer", "haproxy=/no/such/program"});
    CHECK(missing.status == 7);
    CHECK_THAT(missing.err, test::Contains("/no/such/program is no program"));
}

TEST_CASE("a gateway that ends at once says why", "[e2e][torture]") {
    const Ran ran = test::run({"torture", "--peer", "tcpproxy=/bin/false"});
    CHECK(ran.status == 7);
    CHECK_THAT(ran.err, test::Contains("tcpproxy ended at once [SL6603]"));
}

TEST_CASE("our router started by torture has nothing red, set up either way", "[e2e][torture]") {
    const json document = asked("sni-lab=" SNI_LAB_BINARY, GENERATE("guide", "tuned"));
    CHECK(document["exit"] == 0);
    CHECK(document["product"] == "sni-lab");
    for (const json& shape : document["shapes"]) {
        CAPTURE(shape["name"]);
        CHECK(shape["well"] == true);
    }
}

namespace {

/// All groups but the one by which HAProxy 2.6 may end; see below.
const std::vector<std::string> kAllButLengths = {"--only", "seg/*",   "rec/*",  "size/*",
                                                 "name/*", "names/*", "ext/*",  "offer/*",
                                                 "cut/*",  "alien/*", "then/*", "client/*"};

}  // namespace

TEST_CASE("HAProxy by itself is told from HAProxy as an expert sets it up", "[e2e][torture]") {
    if (!test::have("haproxy")) return;
    const json guide = asked("haproxy", "guide", kAllButLengths);
    CHECK(verdict(guide, "rec/2-records-mid-sni") == "misrouted");
    CHECK(guide["exit"] == 1);
    CHECK_FALSE(guide["version"].get<std::string>().empty());
    const json tuned = asked("haproxy", "tuned", kAllButLengths);
    CHECK(verdict(tuned, "rec/2-records-mid-sni") == "refused");
    CHECK(counted(tuned, "rec/", "misrouted") == 0);
    CHECK(counted(tuned, "alien/", "misrouted") == 0);
}

// HAProxy 2.6 takes a server name to be as long as it says, whatever its hello holds, and reads on
// behind it: where its memory ends too soon, it ends as well. That is a finding, told as it was.
TEST_CASE("HAProxy may end by a name that is not as long as it says", "[e2e][torture]") {
    if (!test::have("haproxy")) return;
    const std::string config = GENERATE("guide", "tuned");
    const Ran ran = test::run(
        {"torture", "--peer", "haproxy", "--config", config, "--only", "len/*", "--json"});
    INFO(ran.err);
    REQUIRE(ran.status <= 1);
    const json document = json::parse(ran.out);
    CHECK(document["asked"] == document["wanted"]);
    for (const json& shape : document["shapes"]) {
        if (shape["verdict"] != "crashed") continue;
        CHECK_THAT(shape["how"].get<std::string>(),
                   test::Contains("the gateway ended by signal 11"));
    }
}

TEST_CASE("nginx gives a half-closed client its answer once it is told to", "[e2e][torture]") {
    if (!test::have("nginx")) return;
    CHECK(verdict(asked("nginx", "guide"), "then/half-close") == "lost");
    CHECK(verdict(asked("nginx", "tuned"), "then/half-close") == "right");
}

TEST_CASE("sniproxy's fallback takes hellos in several records, and other letters",
          "[e2e][torture]") {
    if (!test::have("sniproxy")) return;
    const json guide = asked("sniproxy", "guide");
    CHECK(verdict(guide, "rec/2-records-mid-sni") == "misrouted");
    CHECK(verdict(guide, "name/case-upper") == "misrouted");
    CHECK(counted(guide, "then/half-close", "lost") > 0);
    const json tuned = asked("sniproxy", "tuned");
    CHECK(verdict(tuned, "rec/2-records-mid-sni") == "refused");
    CHECK(verdict(tuned, "name/case-upper") == "right");
}

TEST_CASE("Envoy joins records, and takes what it cannot read for no TLS", "[e2e][torture]") {
    const std::string envoy = test::have_envoy();
    if (envoy.empty()) return;
    const json guide = asked("envoy=" + envoy, "guide");
    CHECK(verdict(guide, "rec/2-records-mid-sni") == "right");
    CHECK(counted(guide, "len/", "misrouted") > 0);
    const json tuned = asked("envoy=" + envoy, "tuned");
    CHECK(counted(tuned, "len/", "misrouted") == 0);
}

TEST_CASE("the two ends may be elsewhere, and state what they get", "[e2e][torture]") {
    const test::TempFolder folder;
    const std::string key = (folder.path() / "torture.key").string();
    const auto at = [](const std::string& port) { return "127.0.0.1:" + port; };
    const std::string target = at(test::free_port());
    const std::string decoy = at(test::free_port());
    const std::string page = at(test::free_port());
    test::Background serve({SNI_LAB_BINARY, "torture", "serve", "--target", target, "--decoy",
                            decoy, "--admin", page, "--identity", key});
    CHECK(serve.line() == "ready " + target);
    test::Background router({SNI_LAB_BINARY, "router", "--listen", "127.0.0.1:0", "--route",
                             "a.test=" + target, "--route", "*=" + decoy});
    const std::string gateway = router.line().substr(std::string("ready ").size());
    const auto ask = [&](const std::string& identity) {
        return test::run({"torture", "--gateway", gateway, "--sni", "a.test", "--ends", page,
                          "--identity", identity, "--only", "rec/2-records-mid*", "--only",
                          "names/*"});
    };
    const Ran right = ask(key + ".pub");
    INFO(right.err);
    CHECK(right.status == 0);
    CHECK_THAT(right.out, test::Contains(", 0 fail\n"));
    const std::filesystem::path other = folder.path() / "other.key";
    certs::Identity::load_or_make(other);
    const Ran wrong = ask(other.string() + ".pub");
    CHECK(wrong.status == 3);
    CHECK_THAT(wrong.err, test::Contains("the statement is not signed by identity"));
    const auto ask_around = [&](const std::string& only) {
        return test::run({"torture", "--gateway", gateway, "--sni", "a.test", "--ends", page,
                          "--identity", key + ".pub", "--only", only});
    };
    const Ran around = ask_around("around/*");
    INFO(around.err);
    CHECK(around.status == 0);
    CHECK_THAT(
        around.out,
        test::Contains("1 of 1 shapes asked, 0 fail\n"
                       "not asked, since ends elsewhere take no orders: around/target-late,"));
    const Ran orders = ask_around("around/target-*");
    CHECK(orders.status == 2);
    CHECK_THAT(orders.err, test::Contains("--ends: around/target-late, ") &&
                               test::Contains(" cannot be asked there"));
    const Ran nothing =
        test::run({"torture", "--gateway", gateway, "--sni", "a.test", "--ends", page});
    CHECK(nothing.status == 2);
    CHECK_THAT(nothing.err, test::Contains("--identity is needed"));
    CHECK(serve.end(SIGTERM) == 0);
}

TEST_CASE("runs beside each other make a page, a table and text", "[e2e][torture]") {
    const test::TempFolder folder;
    const auto file = [&](const char* name) { return (folder.path() / name).string(); };
    const Ran one = test::run({"torture", "--peer", "sni-lab=" SNI_LAB_BINARY, "--only", "rec/2-*",
                               "--json", "--html", file("one.html")});
    INFO(one.err);
    REQUIRE(one.status == 0);
    std::ofstream(file("a.json")) << one.out;
    CHECK(std::filesystem::file_size(file("one.html")) > 1'000);
    const Ran both = test::run({"torture", "compare", file("a.json"), file("a.json"), "--markdown",
                                "--html", file("both.html")});
    INFO(both.err);
    CHECK(both.status == 0);
    CHECK_THAT(both.out, test::Contains("| sni-lab "));
    CHECK(std::filesystem::exists(file("both.html")));
    std::ofstream(file("bad.json")) << "{}";
    const Ran bad = test::run({"torture", "compare", file("a.json"), file("bad.json")});
    CHECK(bad.status == 2);
    CHECK_THAT(bad.err, test::Contains("is no run of torture"));
}

}  // namespace e2e_torture_start_test
