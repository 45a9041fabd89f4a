#include "lab/torture/live/run.h"

#include <algorithm>
#include <map>
#include <set>

#include "lab/torture/generator.h"
#include "lab/torture/live/ends.h"
#include "tests/support/faulty_gateway.h"
#include "tests/support/router_lab.h"

namespace torture_live_run_test {

using namespace sni;
using test::Fault;
using torture::Finding;
using torture::Verdict;

namespace {

const std::string kAsked = "httpbin.example.com";

std::vector<torture::Shape> shapes_of(const std::set<std::string_view>& groups) {
    auto shapes = torture::all_shapes(kAsked);
    std::erase_if(shapes, [&](const auto& shape) { return !groups.contains(shape.group()); });
    return shapes;
}

std::vector<Finding> ask_all(torture::Ends& ends, const Endpoint& gateway,
                             std::vector<torture::Shape> shapes, torture::Patience patience = {}) {
    patience.hello = test::FaultyGateway::kHelloTimeout;
    const torture::Plan plan{
        .gateway = gateway, .shapes = std::move(shapes), .jobs = 16, .patience = patience};
    std::vector<Finding> findings;
    for (auto& finding : run(plan, ends, net::Wakeup())) {
        REQUIRE(finding);
        findings.push_back(std::move(*finding));
    }
    return findings;
}

/// The red ones, and what they are.
std::map<std::string, Verdict> reds(const std::vector<Finding>& findings) {
    std::map<std::string, Verdict> all;
    for (const Finding& finding : findings) {
        if (torture::is_red(finding.verdict)) all.emplace(finding.shape, finding.verdict);
    }
    return all;
}

/// What a gateway with this fault does with these groups.
std::map<std::string, Verdict> reds_of(Fault fault, const std::set<std::string_view>& groups) {
    torture::Ends ends(loopback(0), loopback(0));
    const test::FaultyGateway gateway(fault, kAsked, ends.target(), ends.decoy());
    return reds(ask_all(ends, gateway.listening(), shapes_of(groups)));
}

/// All of them have this verdict, and the names begin so.
bool all_are(const std::map<std::string, Verdict>& found, Verdict verdict, std::string_view begin) {
    for (const auto& [name, is] : found) {
        if (is != verdict || !name.starts_with(begin))
            UNSCOPED_INFO(name << " is " << to_string(is));
    }
    return std::ranges::all_of(found, [&](const auto& each) {
        return each.second == verdict && each.first.starts_with(begin);
    });
}

}  // namespace

TEST_CASE("our router passes every shape that must pass and refuses the others by their alerts",
          "[torture]") {
    torture::Ends ends(loopback(0), loopback(0));
    router::Options options;
    options.limits.hello = test::FaultyGateway::kHelloTimeout;
    const test::RouterLab lab(
        {test::route_to(kAsked, {ends.target()}), test::route_to("*", {ends.decoy()})}, options);
    const auto shapes = torture::all_shapes(kAsked);
    for (const Finding& finding : ask_all(ends, lab.address(), shapes)) {
        CAPTURE(finding.shape, finding.how);
        CHECK(finding.well);
        CHECK_FALSE(torture::is_red(finding.verdict));
    }
}

TEST_CASE("a gateway without a fault has nothing red", "[torture]") {
    CHECK(reds_of(Fault::none, {"seg", "rec", "names", "cut", "len", "then"}).empty());
}

TEST_CASE("a gateway that decides by the first packet is found by segmentation", "[torture]") {
    const auto found = reds_of(Fault::one_read, {"seg", "name"});
    CHECK(found.contains("seg/halves-1000-ms-apart"));
    CHECK(found.contains("seg/halves-300-ms-apart"));
    // Two parts that follow each other at once may come together on a busy machine; not all do.
    CHECK(std::ranges::any_of(
        found, [](const auto& each) { return each.first.starts_with("seg/cut-at-"); }));
    CHECK(all_are(found, Verdict::misrouted, "seg/"));
}

TEST_CASE("a gateway that reads one record is found by records", "[torture]") {
    const auto found = reds_of(Fault::one_record, {"rec", "seg", "name"});
    CHECK(found.contains("rec/2-records-mid-sni"));
    CHECK(found.contains("rec/records-of-1"));
    CHECK(found.size() > 50);
    CHECK(all_are(found, Verdict::misrouted, "rec/"));
}

TEST_CASE("a gateway that compares bytes is found by the case of names", "[torture]") {
    const auto found = reds_of(Fault::case_sensitive, {"name", "names", "rec"});
    CHECK(found.size() == 4);
    CHECK(all_are(found, Verdict::misrouted, "name/case-"));
}

TEST_CASE("a gateway that compares ends is found by neighbours of the name", "[torture]") {
    const auto found = reds_of(Fault::suffix_match, {"name", "names", "ext"});
    CHECK(found.contains("name/with-prefix"));
    CHECK(found.contains("name/below"));
    CHECK(all_are(found, Verdict::misrouted, "name/"));
}

TEST_CASE("a gateway that takes the last name is found by two of them", "[torture]") {
    const auto found = reds_of(Fault::second_name, {"name", "names", "ext"});
    CHECK(found.contains("names/two-target-first"));
    CHECK(found.contains("names/two-target-second"));
    CHECK(all_are(found, Verdict::misrouted, "names/"));
}

TEST_CASE("a gateway whose default takes what it cannot read is found by lengths", "[torture]") {
    const auto found = reds_of(Fault::default_malformed, {"len", "size", "seg"});
    CHECK(found.contains("len/sni-list-one-more"));
    CHECK(found.size() > 40);
    CHECK(std::ranges::all_of(found, [](const auto& each) {
        return each.second == Verdict::misrouted && !each.first.starts_with("seg/");
    }));
}

TEST_CASE("a gateway that swallows what stands behind the hello is found by data", "[torture]") {
    const auto found = reds_of(Fault::swallows_data, {"then", "name"});
    CHECK(found.contains("then/data-1"));
    CHECK(found.contains("then/early-data"));
    CHECK(found.contains("then/half-close-and-data"));
    for (const auto& [shape, verdict] : found) {
        CAPTURE(shape, verdict);
        const bool missing = verdict == Verdict::lost || verdict == Verdict::altered;
        CHECK(missing);
        CHECK(shape.starts_with("then/"));
    }
    CHECK(found.at("then/data-1") == Verdict::lost);
}

TEST_CASE("a gateway that strips ECH is found by encrypted hellos", "[torture]") {
    const auto found = reds_of(Fault::strips_ech, {"offer", "name"});
    CHECK(found.contains("offer/ech-208"));
    CHECK(all_are(found, Verdict::altered, "offer/ech-"));
}

TEST_CASE("a gateway that closes both sides is found by half-closes", "[torture]") {
    const auto found = reds_of(Fault::no_half_close, {"then", "seg"});
    CHECK(found.contains("then/half-close-later"));
    CHECK(all_are(found, Verdict::lost, "then/half-close"));
}

TEST_CASE("a gateway without a deadline for hellos is found by stalls", "[torture]") {
    const auto found = reds_of(Fault::no_timeout, {"then", "name"});
    CHECK(found.contains("then/stall-half"));
    CHECK(found.size() == 6);
    CHECK(all_are(found, Verdict::hung, "then/stall-"));
}

TEST_CASE("a gateway that keeps the target's connection is found by resets", "[torture]") {
    const auto found = reds_of(Fault::keeps_target, {"then", "name"});
    CHECK(found.contains("then/reset"));
    CHECK(all_are(found, Verdict::hung, "then/reset"));
}

TEST_CASE("a gateway that trusts a name's own length is found by lengths", "[torture]") {
    const auto found = reds_of(Fault::trusts_lengths, {"len", "name", "names", "size"});
    for (const auto& [shape, verdict] : found) {
        CAPTURE(shape, verdict);
        CHECK(shape.starts_with("len/sni-name-"));
    }
    CHECK(found.contains("len/sni-name-one-less"));
    CHECK(found.contains("len/sni-name-one-more"));
    CHECK(found.contains("len/sni-name-most"));
    CHECK(found.size() == 4);
    CHECK(all_are(found, Verdict::misrouted, "len/sni-name-"));
}

TEST_CASE("a gateway that sorts extensions is found by their order", "[torture]") {
    const auto found = reds_of(Fault::sorts_extensions, {"ext", "rec", "name", "then"});
    CHECK(found.contains("ext/backwards"));
    CHECK(found.contains("ext/name-at-3"));
    CHECK_FALSE(found.contains("ext/name-only"));
    CHECK(all_are(found, Verdict::altered, "ext/"));
}

TEST_CASE("a gateway that does not wait for a target is found by one that is late", "[torture]") {
    const auto found = reds_of(Fault::impatient, {"around", "names"});
    CHECK(found.contains("around/target-late"));
    CHECK(found.contains("around/target-late-half-close"));
    CHECK(all_are(found, Verdict::lost, "around/target-late"));
}

TEST_CASE("a gateway that goes elsewhere when the target is down is found by that", "[torture]") {
    const auto found = reds_of(Fault::falls_back, {"around", "names"});
    CHECK(found.size() == 1);
    CHECK(found.at("around/target-down") == Verdict::misrouted);
}

TEST_CASE("a gateway that has room for fewer is found by a thousand that stall", "[torture]") {
    torture::Ends ends(loopback(0), loopback(0));
    const test::FaultyGateway gateway(Fault::none, kAsked, ends.target(), ends.decoy());
    for (const Finding& finding : ask_all(ends, gateway.listening(), shapes_of({"around"}))) {
        CAPTURE(finding.shape, finding.how);
        CHECK(finding.well == (finding.shape != "around/1000-stalled"));
        CHECK_FALSE(torture::is_red(finding.verdict));
        if (!finding.well) CHECK_THAT(finding.how, test::Contains(" of 1000 that stall"));
    }
}

TEST_CASE("a shape that varies is asked three times", "[torture]") {
    torture::Ends ends(loopback(0), loopback(0));
    test::FaultyGateway gateway(Fault::none, kAsked, ends.target(), ends.decoy());
    auto shapes = torture::all_shapes(kAsked);
    std::erase_if(shapes, [](const auto& shape) { return shape.name != "then/reset-at-once"; });
    REQUIRE(shapes.size() == 1);
    CHECK(shapes.front().varies);
    const auto findings = ask_all(ends, gateway.listening(), shapes);
    CHECK_FALSE(torture::is_red(findings.front().verdict));
    CHECK(gateway.has_seen(3));
}

TEST_CASE("why a gateway cannot be started again ends the run", "[torture]") {
    torture::Ends ends(loopback(0), loopback(0));
    const Endpoint nowhere = [] {
        return gateways::Server({.listen = loopback(0), .max_connections = 1, .refused = {}},
                                [](net::PlainStream, unsigned, const net::Wakeup&) {})
            .listening();
    }();
    const torture::Plan plan{
        .gateway = nowhere, .shapes = torture::all_shapes(kAsked), .jobs = 4, .restart = [] {
            throw std::runtime_error("it is broken");
        }};
    CHECK_THROWS_WITH(run(plan, ends, net::Wakeup()), "it is broken");
}

TEST_CASE("what throws while shapes are asked ends the run, and nothing else", "[torture]") {
    torture::Ends ends(loopback(0), loopback(0));
    const test::FaultyGateway gateway(Fault::none, kAsked, ends.target(), ends.decoy());
    const torture::Plan plan{
        .gateway = gateway.listening(),
        .shapes = torture::all_shapes(kAsked),
        .jobs = 4,
        .progress = [](std::size_t, std::size_t) { throw std::runtime_error("no room"); }};
    CHECK_THROWS_WITH(run(plan, ends, net::Wakeup()), "no room");
}

TEST_CASE("a gateway that is gone is told, and what follows is not asked", "[torture]") {
    torture::Ends ends(loopback(0), loopback(0));
    const Endpoint nowhere = [] {
        return gateways::Server({.listen = loopback(0), .max_connections = 1, .refused = {}},
                                [](net::PlainStream, unsigned, const net::Wakeup&) {})
            .listening();
    }();
    const torture::Plan plan{.gateway = nowhere,
                             .shapes = torture::all_shapes(kAsked),
                             .jobs = 1,
                             .patience = {.restart = std::chrono::milliseconds(100)}};
    const auto found = run(plan, ends, net::Wakeup());
    REQUIRE(found.front());
    CHECK(found.front()->verdict == Verdict::crashed);
    CHECK_FALSE(found.back());
}

TEST_CASE("a run that is stopped keeps what was found", "[torture]") {
    torture::Ends ends(loopback(0), loopback(0));
    const test::FaultyGateway gateway(Fault::none, kAsked, ends.target(), ends.decoy());
    const net::Wakeup stop;
    const torture::Plan plan{.gateway = gateway.listening(),
                             .shapes = torture::all_shapes(kAsked),
                             .jobs = 2,
                             .progress = [&](std::size_t done, std::size_t) {
                                 if (done == 5) stop.call();
                             }};
    const auto found = run(plan, ends, stop);
    const auto asked = std::ranges::count_if(found, [](const auto& each) { return !!each; });
    CHECK(asked >= 5);
    CHECK(asked < 20);
}

}  // namespace torture_live_run_test
