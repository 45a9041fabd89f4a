#include "lab/torture/live/remote_ends.h"

#include <algorithm>

#include "lab/torture/generator.h"
#include "lab/torture/live/run.h"
#include "tests/support/failure.h"
#include "tests/support/faulty_gateway.h"
#include "tests/support/router_lab.h"

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

    torture::RemoteEnds asked() const { return {page.local(), identity.public_key()}; }
};

std::vector<torture::Shape> some_shapes() {
    auto shapes = torture::all_shapes(kAsked);
    std::erase_if(shapes, [](const auto& shape) {
        return shape.group() != "names" && !shape.name.starts_with("then/reset") &&
               !shape.name.starts_with("rec/2-records-mid");
    });
    return shapes;
}

std::vector<Finding> ask_all(torture::Arrivals& ends, const Endpoint& gateway) {
    const torture::Plan plan{.gateway = gateway, .shapes = some_shapes(), .jobs = 8};
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

TEST_CASE("a page that another identity signs, or that is none, is not believed", "[torture]") {
    const Elsewhere elsewhere;
    const torture::Buffer sent(100);
    torture::RemoteEnds stranger(elsewhere.page.local(), certs::Identity::make().public_key());
    CHECK_THROWS_AS(stranger.arrived(sent, net::Clock::now(), std::chrono::milliseconds(0)),
                    Failure);
    torture::RemoteEnds nowhere(elsewhere.ends.target(), elsewhere.identity.public_key());
    CHECK_THROWS_AS(nowhere.arrived(sent, net::Clock::now(), std::chrono::milliseconds(0)),
                    Failure);
    torture::RemoteEnds right = elsewhere.asked();
    CHECK_FALSE(right.arrived(sent, net::Clock::now(), std::chrono::milliseconds(0)));
}
