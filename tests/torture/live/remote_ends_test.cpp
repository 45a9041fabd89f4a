#include "lab/torture/live/remote_ends.h"

#include <algorithm>

#include "lab/torture/generator.h"
#include "lab/torture/live/run.h"
#include "tests/support/faulty_gateway.h"
#include "tests/support/router_lab.h"

namespace torture_live_remote_ends_test {

using namespace sni;
using test::Fault;
using torture::Finding;
using torture::Verdict;

namespace {

const std::string kAsked = "httpbin.example.com";

/// The ends of another sni-lab, and its page.
struct Elsewhere {
    certs::Identity identity = certs::Identity::make();
    torture::Ends ends{loopback(0), loopback(0)};
    admin::Server page{loopback(0), pages_of(ends, identity)};

    torture::RemoteEnds asked() const { return asked(page); }
    torture::RemoteEnds asked(const admin::Server& other) const {
        return {other.local(), identity.public_key(), std::chrono::milliseconds(2'000)};
    }
};

const net::Wakeup kNever;

std::vector<torture::Shape> some_shapes() {
    auto shapes = torture::all_shapes(kAsked);
    std::erase_if(shapes, [](const auto& shape) {
        return shape.group() != "names" && !shape.name.starts_with("then/reset") &&
               !shape.name.starts_with("rec/2-records-mid");
    });
    return shapes;
}

std::vector<Finding> ask_all(torture::Arrivals& ends, const Endpoint& gateway,
                             std::vector<torture::Shape> shapes = some_shapes()) {
    const torture::Plan plan{.gateway = gateway, .shapes = std::move(shapes), .jobs = 8};
    std::vector<Finding> findings;
    for (auto& finding : run(plan, ends, net::Wakeup())) {
        REQUIRE(finding);
        findings.push_back(std::move(*finding));
    }
    return findings;
}

}  // namespace

TEST_CASE("ends elsewhere say the same of a right gateway and of a wrong one", "[torture]") {
    const Elsewhere elsewhere;
    torture::RemoteEnds asked = elsewhere.asked();
    const test::RouterLab lab({test::route_to(kAsked, {elsewhere.ends.target()}),
                               test::route_to("*", {elsewhere.ends.decoy()})});
    for (const Finding& finding : ask_all(asked, lab.address())) {
        CAPTURE(finding.shape, finding.how);
        CHECK(finding.well);
    }
    const test::FaultyGateway wrong(Fault::one_record, kAsked, elsewhere.ends.target(),
                                    elsewhere.ends.decoy());
    const auto found = ask_all(asked, wrong.listening());
    CHECK(std::ranges::count(found, Verdict::misrouted, &Finding::verdict) > 0);
}

TEST_CASE("what answers in the name of an end that got nothing is found", "[torture]") {
    const Elsewhere elsewhere;
    torture::RemoteEnds asked = elsewhere.asked();
    // It leads to ends that are not those of the page.
    torture::Ends others(loopback(0), loopback(0));
    const test::FaultyGateway liar(Fault::none, kAsked, others.target(), others.decoy());
    const auto found = ask_all(asked, liar.listening());
    CHECK(std::ranges::count(found, Verdict::altered, &Finding::verdict) > 0);
    for (const Finding& finding : found) {
        CAPTURE(finding.shape, finding.how);
        CHECK(finding.verdict != Verdict::right);
    }
}

TEST_CASE("a byte that is changed on its way, and back again, is found here and elsewhere",
          "[torture]") {
    Elsewhere elsewhere;
    torture::RemoteEnds asked = elsewhere.asked();
    torture::Arrivals* const ends = GENERATE(true, false) ? &elsewhere.ends : nullptr;
    const test::FaultyGateway liar(Fault::two_faced, kAsked, elsewhere.ends.target(),
                                   elsewhere.ends.decoy());
    auto shapes = torture::all_shapes(kAsked);
    std::erase_if(shapes, [](const auto& shape) {
        return shape.name != "size/4000" && shape.name != "size/8192";
    });
    const auto found = ask_all(ends ? *ends : asked, liar.listening(), shapes);
    REQUIRE(found.size() == 2);
    CHECK(found[0].verdict == Verdict::right);
    CHECK(found[1].verdict == Verdict::altered);
    CHECK_THAT(found[1].how, test::Contains("at the target, though it came back as it was sent"));
}

TEST_CASE("a page that is slow changes nothing that it states", "[torture]") {
    Elsewhere elsewhere;
    admin::Pages pages = pages_of(elsewhere.ends, elsewhere.identity);
    const auto quick = pages["/arrival"];
    pages["/arrival"] = [&](std::string_view query) {
        kNever.called(std::chrono::milliseconds(150));
        return quick(query);
    };
    const admin::Server slow(loopback(0), pages);
    torture::RemoteEnds asked = elsewhere.asked(slow);
    const test::RouterLab lab({test::route_to(kAsked, {elsewhere.ends.target()}),
                               test::route_to("*", {elsewhere.ends.decoy()})});
    auto shapes = some_shapes();
    shapes.resize(3);
    for (const Finding& finding : ask_all(asked, lab.address(), shapes)) {
        CAPTURE(finding.shape, finding.how);
        CHECK(finding.well);
    }
}

TEST_CASE("a page that fails now and then is asked again", "[torture]") {
    Elsewhere elsewhere;
    admin::Pages pages = pages_of(elsewhere.ends, elsewhere.identity);
    const auto right = pages["/arrival"];
    unsigned questions = 0;
    pages["/arrival"] = [&](std::string_view query) {
        return ++questions % 3 == 0 ? admin::Page{.status = 500, .body = "no\n"} : right(query);
    };
    const admin::Server page(loopback(0), pages);
    torture::RemoteEnds asked = elsewhere.asked(page);
    const test::RouterLab lab({test::route_to(kAsked, {elsewhere.ends.target()}),
                               test::route_to("*", {elsewhere.ends.decoy()})});
    for (const Finding& finding : ask_all(asked, lab.address())) {
        CAPTURE(finding.shape, finding.how);
        CHECK(finding.well);
    }
    CHECK(questions > 3);
}

TEST_CASE("of shapes whose page fails for good nothing is known, and the run goes on",
          "[torture]") {
    Elsewhere elsewhere;
    admin::Pages pages = pages_of(elsewhere.ends, elsewhere.identity);
    const auto right = pages["/arrival"];
    unsigned questions = 0;
    pages["/arrival"] = [&](std::string_view query) {
        return ++questions > 4 ? admin::Page{.status = 500, .body = "no\n"} : right(query);
    };
    const admin::Server page(loopback(0), pages);
    torture::RemoteEnds asked(page.local(), elsewhere.identity.public_key(),
                              std::chrono::milliseconds(100));
    const test::RouterLab lab({test::route_to(kAsked, {elsewhere.ends.target()}),
                               test::route_to("*", {elsewhere.ends.decoy()})});
    const auto found = ask_all(asked, lab.address());
    CHECK(std::ranges::count(found, Verdict::unknown, &Finding::verdict) >=
          static_cast<std::ptrdiff_t>(found.size()) - 4);
    CHECK_THAT(found.back().how, test::Contains("/arrival answers 500"));
}

TEST_CASE("what ends elsewhere cannot be told to do is not known", "[torture]") {
    Elsewhere elsewhere;
    torture::RemoteEnds asked = elsewhere.asked();
    const test::RouterLab lab({test::route_to(kAsked, {elsewhere.ends.target()}),
                               test::route_to("*", {elsewhere.ends.decoy()})});
    auto shapes = torture::all_shapes(kAsked);
    std::erase_if(shapes, [](const auto& shape) { return shape.name != "around/target-down"; });
    const auto found = ask_all(asked, lab.address(), shapes);
    REQUIRE(found.size() == 1);
    CHECK(found[0].verdict == Verdict::unknown);
    CHECK(found[0].how == "ends elsewhere state what they get, and take no orders");
}

TEST_CASE("a page that another identity signs, or that is none, is not believed", "[torture]") {
    const Elsewhere elsewhere;
    const std::chrono::milliseconds at_once(0);
    torture::RemoteEnds stranger(elsewhere.page.local(), certs::Identity::make().public_key(),
                                 at_once);
    CHECK_THAT(stranger.mark(kNever).error(),
               test::Contains("the statement is not signed by identity"));
    torture::RemoteEnds nowhere(elsewhere.ends.target(), elsewhere.identity.public_key(), at_once);
    CHECK_FALSE(nowhere.mark(kNever));
    torture::RemoteEnds right = elsewhere.asked();
    const auto mark = right.mark(kNever);
    REQUIRE(mark);
    CHECK_FALSE(right.arrived(torture::Buffer(100), *mark, at_once, kNever).value());
}

}  // namespace torture_live_remote_ends_test
