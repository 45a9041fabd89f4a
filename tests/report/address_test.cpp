// Which of a gateway's addresses was asked: every report and the saved proof tell it.
#include <nlohmann/json.hpp>

#include "lab/proof/judge/judge.h"
#include "lab/proof/saved.h"
#include "lab/report/github.h"
#include "lab/report/html.h"
#include "lab/report/json.h"
#include "lab/report/junit.h"
#include "lab/report/text.h"
#include "tests/support/catch.h"

namespace report_address_test {

using namespace sni;

namespace {

proof::Evidence refused_by(std::string_view gateway) {
    return {.gateway = *parse_endpoint(gateway),
            .address = loopback(8443),
            .sni = "a.example.com",
            .request = "/",
            .trouble = proof::Trouble{
                .stage = proof::Stage::handshake, .how = proof::Break::alert, .alert = 112}};
}

report::Report report_of(const proof::Evidence& evidence) {
    return {.lab = report::LabKind::gateway,
            .checks = {proof::judge(evidence, {.now = {}}, "teapot")}};
}

}  // namespace

TEST_CASE("every report names the address behind a gateway's name", "[report]") {
    const report::Report report = report_of(refused_by("gw.example.com:443"));
    const std::string both = "gw.example.com:443 (127.0.0.1:8443)";
    CHECK(to_text(report, {}).find(both + " answered with alert") != std::string::npos);
    CHECK(to_junit(report).find(both) != std::string::npos);
    CHECK(to_github(report).find(both) != std::string::npos);
    CHECK(to_html(report).find(both) != std::string::npos);
    CHECK(to_markdown(report).find("gw.example.com:443 &#40;127.0.0.1:8443&#41;") !=
          std::string::npos);
    CHECK(to_json(report)["checks"][0]["gateway"] == "gw.example.com:443");
    CHECK(to_json(report)["checks"][0]["address"] == "127.0.0.1:8443");
}

TEST_CASE("an address that is the gateway's own word is told once", "[report]") {
    const report::Report report = report_of(refused_by("127.0.0.1:8443"));
    CHECK(report.checks.front().where() == "127.0.0.1:8443");
    CHECK(to_json(report)["checks"][0]["address"] == "127.0.0.1:8443");

    proof::Evidence nobody = refused_by("127.0.0.1:8443");
    nobody.address = std::nullopt;
    CHECK(to_json(report_of(nobody))["checks"][0]["address"].is_null());
}

TEST_CASE("a saved proof has the address, and one from before addresses is read as it is",
          "[report]") {
    proof::SavedProof saved{.probes = {{.evidence = refused_by("gw.example.com:443")}}};
    CHECK(proof::decode_saved(proof::encode(saved)) == saved);
    saved.probes.front().evidence.address = std::nullopt;
    const std::string older = proof::encode(saved);
    CHECK(older.find("\"address\"") == std::string::npos);
    CHECK(proof::decode_saved(older) == saved);

    auto null = nlohmann::json::parse(older);
    null["probes"][0]["evidence"]["address"] = nullptr;
    CHECK_FALSE(proof::decode_saved(null.dump()).has_value());
}

}  // namespace report_address_test
