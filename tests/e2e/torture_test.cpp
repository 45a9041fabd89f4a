// sni-lab torture as a command: what it says of gateways that are right, wrong, or not there.
#include <algorithm>
#include <csignal>
#include <fstream>

#include <nlohmann/json.hpp>

#include "lab/gateways/server.h"
#include "lab/net/wait.h"
#include "tests/support/background.h"
#include "tests/support/catch.h"
#include "tests/support/faulty_gateway.h"
#include "tests/support/lab_folder.h"
#include "tests/support/run_cli.h"
#include "tests/support/temp_folder.h"

namespace e2e_torture_test {

using namespace sni;
using nlohmann::json;
using test::Fault;
using test::Ran;

namespace {

Endpoint at(const std::string& port) {
    return parse_endpoint("127.0.0.1:" + port).value();
}

/// Where the two ends of one run will listen.
struct Places {
    std::string target = test::free_port();
    std::string decoy = test::free_port();

    std::vector<std::string> command(const Endpoint& gateway,
                                     const std::vector<std::string>& more = {}) const {
        std::vector<std::string> words = {"torture",
                                          "--gateway",
                                          to_string(gateway),
                                          "--sni",
                                          "a.test",
                                          "--target",
                                          "127.0.0.1:" + target,
                                          "--decoy",
                                          "127.0.0.1:" + decoy};
        words.insert(words.end(), more.begin(), more.end());
        return words;
    }
    test::FaultyGateway gateway(Fault fault) const {
        return {fault, "a.test", at(target), at(decoy)};
    }
};

/// A gateway that does `serve` with each client.
gateways::Server strange(gateways::Server::Serve serve) {
    return {{.listen = loopback(0), .max_connections = 64, .refused = {}}, std::move(serve)};
}

}  // namespace

TEST_CASE("torture finds one fault, and prints the line that shows it again", "[e2e][torture]") {
    const Places places;
    const test::FaultyGateway gateway = places.gateway(Fault::one_record);
    const Ran wrong = test::run(places.command(gateway.listening(), {"--only", "rec/*"}));
    INFO(wrong.err);
    CHECK(wrong.status == 1);
    CHECK(wrong.err.empty());
    CHECK_THAT(wrong.out, test::Contains("misrouted rec/2-records-mid-sni: arrived at the decoy\n"
                                         "          differs from RFC 8446 §5.1: two records, cut "
                                         "at mid-sni\n"
                                         "          sni-lab torture --gateway " +
                                         to_string(gateway.listening()) + " --sni a.test"));
    const Ran again = test::run(
        places.command(gateway.listening(), {"--only", "rec/2-records-mid-sni", "--jobs", "1"}));
    CHECK(again.status == 1);
    CHECK_THAT(again.out, test::Contains("1 of 1 shapes asked, 1 fail\n"));
}

TEST_CASE("the line that shows a fault again has all that its finding depends on",
          "[e2e][torture]") {
    const Places places;
    const test::FaultyGateway gateway = places.gateway(Fault::case_sensitive);
    const test::TempFolder folder;
    const std::string page = (folder.path() / "page.html").string();
    const Ran ran = test::run(places.command(
        gateway.listening(), {"--only", "name/case-upper", "--timeout", "2s", "--hello-timeout",
                              "1500ms", "--product", "haproxy", "--seed", "3", "--html", page}));
    INFO(ran.err);
    CHECK(ran.status == 1);
    CHECK_THAT(ran.out, test::Contains(" --product haproxy --seed 3 --timeout 2000ms "
                                       "--hello-timeout 1500ms --only name/case-upper\n"));
    std::ifstream file(page);
    const std::string html((std::istreambuf_iterator<char>(file)), {});
    CHECK_THAT(html, test::Contains("haproxy at " + to_string(gateway.listening())));
}

TEST_CASE("torture of a gateway without a fault exits 0, and its baseline keeps that",
          "[e2e][torture]") {
    const test::TempFolder folder;
    const Places places;
    const std::string only = "name/*";
    const std::string baseline = (folder.path() / "baseline.json").string();
    const std::string junit = (folder.path() / "torture.xml").string();
    {
        const test::FaultyGateway right = places.gateway(Fault::none);
        const Ran ran = test::run(
            places.command(right.listening(), {"--only", only, "--json", "--junit", junit}));
        INFO(ran.err);
        CHECK(ran.status == 0);
        const json document = json::parse(ran.out);
        CHECK(document["schema"] == "sni-lab/torture/1");
        CHECK(document["asked"] == document["wanted"]);
        CHECK(document["counts"]["misrouted"] == 0);
        std::ofstream(baseline) << ran.out;
        std::ifstream file(junit);
        const std::string xml((std::istreambuf_iterator<char>(file)), {});
        CHECK_THAT(xml, test::Contains("failures=\"0\" errors=\"0\""));
    }
    const test::FaultyGateway wrong = places.gateway(Fault::case_sensitive);
    const auto asked = [&](const std::vector<std::string>& more) {
        return test::run(places.command(wrong.listening(), more));
    };
    const Ran worse = asked({"--only", only, "--baseline", baseline});
    CHECK(worse.status == 1);
    CHECK_THAT(worse.out, test::Contains("4 fail that did not in the baseline"));
    std::ofstream(baseline) << asked({"--only", only, "--json"}).out;
    const Ran known = asked({"--only", only, "--baseline", baseline});
    CHECK(known.status == 0);
    CHECK_THAT(known.out, test::Contains("(as in the baseline)"));
}

TEST_CASE("torture says first when the gateway does not send the name to the target",
          "[e2e][torture]") {
    const Places places;
    const std::string why =
        "the gateway does not send a.test to the target 127.0.0.1:" + places.target +
        "; nothing else would mean anything";
    const auto refused = [&](const Endpoint& gateway, int status, const std::string& how) {
        const Ran ran = test::run(places.command(gateway, {"--timeout", "500ms"}));
        CAPTURE(how, ran.err);
        CHECK(ran.status == status);
        CHECK(ran.out.empty());
        CHECK_THAT(ran.err, test::Contains(why));
        CHECK_THAT(ran.err, test::Contains(how));
    };
    SECTION("but to the decoy") {
        const test::FaultyGateway other(Fault::none, "b.test", at(places.target), at(places.decoy));
        refused(other.listening(), 4, "misrouted, arrived at the decoy");
    }
    SECTION("because it cannot reach it") {
        const test::FaultyGateway lost(Fault::none, "a.test", at(test::free_port()),
                                       at(places.decoy));
        refused(lost.listening(), 4, "refused, closed");
    }
    SECTION("because it answers garbage, and never closes") {
        const auto garbage =
            strange([](net::PlainStream client, unsigned, const net::Wakeup& stop) {
                std::size_t taken = 0;
                client.write("HTTP/1.1 400 Bad Request\r\n\r\n", taken);
                stop.called(std::chrono::seconds(60));
            });
        refused(garbage.listening(), 3, "answered by itself with 28 bytes");
    }
    SECTION("because it floods") {
        const auto flood = strange([](net::PlainStream client, unsigned, const net::Wakeup& stop) {
            const std::string much(65'536, 'x');
            std::size_t taken = 0;
            for (;;) {
                const net::Io io = client.write(much, taken);
                if (io == net::Io::failed) return;
                if (io == net::Io::want_write &&
                    !net::wait_for({{client.fd(), io}}, net::Clock::now() + std::chrono::seconds(5),
                                   &stop)) {
                    return;
                }
            }
        });
        refused(flood.listening(), 3, "answered by itself with");
    }
    SECTION("because it is silent") {
        const auto silent = strange([](net::PlainStream, unsigned, const net::Wakeup& stop) {
            stop.called(std::chrono::seconds(60));
        });
        refused(silent.listening(), 4, "hung, silent and open for");
    }
}

TEST_CASE("torture of a gateway that is not there exits 4", "[e2e][torture]") {
    const Places places;
    const Ran ran = test::run(places.command(at(test::free_port())));
    CHECK(ran.status == 4);
    CHECK_THAT(ran.err, test::Contains("takes no connection [SL2101]"));
    CHECK_THAT(ran.err, test::Contains("why: Connection refused"));
}

TEST_CASE("torture whose ends cannot listen exits 7", "[e2e][torture]") {
    const Places places;
    const auto taken = strange([](net::PlainStream, unsigned, const net::Wakeup&) {});
    const Ran ran =
        test::run({"torture", "--gateway", "127.0.0.1:1", "--sni", "a.test", "--target",
                   to_string(taken.listening()), "--decoy", "127.0.0.1:" + places.decoy});
    CHECK(ran.status == 7);
    CHECK_THAT(ran.err, test::Contains("SL7001"));
}

TEST_CASE("torture that is called wrongly says all that is wrong", "[e2e][torture]") {
    const Ran nothing = test::run({"torture"});
    CHECK(nothing.status == 2);
    for (const char* flag : {"--gateway", "--sni", "--target", "--decoy"}) {
        CHECK_THAT(nothing.err, test::Contains(std::string(flag) + " is needed"));
    }
    const Places places;
    const Ran product = test::run(places.command(loopback(1), {"--product", "foo"}));
    CHECK(product.status == 2);
    CHECK_THAT(product.err, test::Contains("--product: nobody knows what mends \"foo\"") &&
                                test::Contains("one of sni-lab, haproxy, nginx"));
    const Ran none = test::run(places.command(loopback(1), {"--only", "rec/nothing*"}));
    CHECK(none.status == 2);
    CHECK_THAT(none.err, test::Contains("no shape is called \"rec/nothing*\""));
    const test::TempFolder folder;
    const std::string file = (folder.path() / "b.json").string();
    std::ofstream(file) << "{}";
    const Ran baseline = test::run(places.command(loopback(1), {"--baseline", file}));
    CHECK(baseline.status == 2);
    CHECK_THAT(baseline.err, test::Contains("it is no document of schema sni-lab/torture/1"));
}

TEST_CASE("torture --list opens nothing and names every shape", "[e2e][torture]") {
    const Ran all = test::run({"torture", "--list"});
    CHECK(all.status == 0);
    CHECK(std::ranges::count(all.out, '\n') >= 400);
    CHECK(test::run({"torture", "--list", "--json"}).status == 2);
    const Ran some = test::run({"torture", "--list", "--only", "rec/2-records-mid-sni"});
    CHECK(some.out ==
          "rec/2-records-mid-sni                        must_pass   two records, cut at mid-sni "
          "(RFC 8446 §5.1)\n");
}

TEST_CASE("torture that is stopped tells what was found so far", "[e2e][torture]") {
    const Places places;
    test::FaultyGateway gateway = places.gateway(Fault::no_timeout);
    std::vector<std::string> command = places.command(
        gateway.listening(),
        {"--only", "then/stall-*", "--only", "name/case-*", "--timeout", "50s", "--jobs", "1"});
    command.insert(command.begin(), SNI_LAB_BINARY);
    test::Background running(command);
    REQUIRE(gateway.has_seen(1 + 4 + 1));  // the first hello, all names, and the first that stalls
    CHECK(running.end(SIGINT) == 3);
    std::string last;
    while (!last.contains(" of 10 shapes asked, 0 fail")) {
        last = running.line();
    }
    CHECK(last.starts_with("4 of 10 "));
}

}  // namespace e2e_torture_test
