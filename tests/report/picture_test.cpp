// The picture of a check and its verdict never contradict each other.
#include <functional>

#include "lab/report/html.h"
#include "lab/report/text.h"
#include "tests/proof/witnessed.h"
#include "tests/support/catch.h"

namespace report_picture_test {

using namespace sni;
using namespace sni::test;
using proof::Verdict;

namespace {

proof::Statement& said(proof::Evidence& e) {
    return std::get<proof::Statement>(*e.proof);
}

/// No extended master secret: two sessions can share an exporter.
void unbind(proof::Evidence& e) {
    e.tls->version = "TLSv1.2";
    e.tls->cipher_suite = "ECDHE-RSA-AES256-GCM-SHA384";
    if (auto* s = std::get_if<proof::Statement>(&*e.proof); s && s->tls) s->tls = e.tls;
}

/// All that can go wrong with a session, one thing each.
const std::vector<std::function<void(proof::Evidence&)>> kFaults = {
    [](auto&) {},
    unbind,
    [](auto& e) { e.proof = proof::NoStatement{"dropped"}; },
    [](auto& e) {
        e.proof = proof::NoStatement{"dropped"};
        e.sessions = proof::SessionLookup{.listed = 3, .complete = true};
    },
    [](auto& e) { e.proof = proof::BadSignature{}; },
    [](auto& e) { e.nonce = {std::byte{8}}; },
    [](auto& e) { e.identity_served = true; },
    [](auto& e) { e.exporter_sha256 = Digest{std::byte{9}}; },
    [](auto& e) { e.streams->sent.bytes += 5; },
    [](auto& e) { e.hellos.front().records = 2; },
    [](auto& e) { e.hellos.front().sha256 = {std::byte{9}}; },
    [](auto& e) { e.tls->resumed = true; },
    [](auto& e) { e.tls->alpn = "h2"; },
    [](auto& e) { e.leaf->dns_names = {"other.example.com"}; },
    [](auto& e) { e.leaf->sha256 = {std::byte{9}}; },
    [](auto& e) { e.status = 502; },
    [](auto& e) { e.streams.reset(); },
    [](auto& e) { e.ticket = proof::TicketSwap{.direct = "x", .taken_directly = true}; },
    [](auto& e) {
        if (auto* s = std::get_if<proof::Statement>(&*e.proof)) s->key_log = true;
    },
    [](auto& e) {
        auto* s = std::get_if<proof::Statement>(&*e.proof);
        if (!s) return;
        s->tls.reset();
        s->exporter_sha256.reset();
        s->leaf_sha256.reset();
    },
};

/// What the picture of the page says of itself.
std::string label(const proof::Check& check) {
    const std::string page = report::to_html({.checks = {check}});
    const std::string open = "aria-label=\"";
    const std::size_t at = page.find(open) + open.size();
    return page.substr(at, page.find('"', at) - at);
}

/// What stands between a check's question and its lines.
std::string drawing(const proof::Check& check) {
    const std::string text = report::to_text(check, {});
    const std::size_t at = text.find("\n\n") + 2;
    if (!text.substr(at).starts_with("  client ")) return "";
    return text.substr(at, text.find("\n\n", at) - at);
}

bool has(const std::string& text, std::string_view words) {
    return text.find(words) != std::string::npos;
}

void check_picture(const proof::Check& check) {
    const std::string page = label(check);
    const std::string text = drawing(check);
    CAPTURE(to_string(check.verdict), page, text);
    const bool unsure =
        check.verdict == Verdict::inconclusive || check.verdict == Verdict::report_altered;
    CHECK((!unsure || (page == "the evidence does not say where TLS ends" && text.empty())));
    const bool ends = check.verdict == Verdict::terminated;
    CHECK((!ends || (page.starts_with("TLS ends") && !has(text, "end to end"))));
    CHECK((!ends || !text.empty()));
    const bool altered = check.verdict == Verdict::altered;
    CHECK(altered == has(page, "altered"));
    CHECK(altered == has(text, "altered on the way"));
    const bool readable = check.verdict == Verdict::readable;
    CHECK((!readable || (has(page, "readable") && has(text, "readable"))));
    const bool proven = check.verdict == Verdict::proven;
    CHECK((!proven ||
           (page == "one TLS session from end to end" &&
            has(text, check.seen.client_exporter_sha256 ? "from end to end; exporter digest"
                                                        : "from end to end"))));
}

}  // namespace

TEST_CASE(
    "the picture says no more and nothing else than the verdict, whatever two things are "
    "wrong at once",
    "[report]") {
    for (const auto& one : kFaults) {
        for (const auto& other : kFaults) {
            proof::Evidence e = honest();
            one(e);
            other(e);
            check_picture(judge(e, expectation(), "teapot"));
            proof::Evidence by_a_witness = witnessed_evidence();
            one(by_a_witness);
            other(by_a_witness);
            check_picture(judge(by_a_witness, {.now = kNow}, "any service"));
        }
    }
}

TEST_CASE("two sessions with one exporter are not drawn as one from end to end", "[report]") {
    proof::Evidence e = honest();
    unbind(e);
    said(e).hellos.front().sha256 = {std::byte{9}};
    const proof::Check check = judge(e, expectation(), "teapot");
    CHECK(check.verdict == Verdict::terminated);
    CHECK(label(check) == "TLS ends before the backend");
    CHECK(has(drawing(check), "TLS ends before the backend"));
}

TEST_CASE("plain text is drawn behind the gateway only where it came to the backend", "[report]") {
    const auto unseen = [](proof::WitnessStatement& s) {
        s.matching = 0;
        s.sessions.clear();
    };
    const proof::Check another = with_witness([&](proof::WitnessStatement& s) {
        unseen(s);
        s.other_hellos = 1;
        s.others = {{.began = s.time, .peer = "127.0.0.1:1"}};
    });
    CHECK(line(another, "witness").code == "SL2350");
    CHECK(another.path() == proof::Path::split);
    CHECK(has(drawing(another), "one TLS session up to the gateway, another behind it"));
    const proof::Check nothing = with_witness(unseen);
    CHECK(line(nothing, "witness").code == "SL2351");
    CHECK(nothing.path() == proof::Path::ended);
    proof::Evidence e = honest();
    said(e).tls.reset();
    said(e).exporter_sha256.reset();
    CHECK(judge(e, expectation(), "teapot").path() == proof::Path::plain);
}

TEST_CASE("a saved proof that nobody vouches for is drawn as what it is", "[report]") {
    proof::Check check = judge(honest(), expectation(), "teapot");
    check.lines.push_back({.name = "attested",
                           .mark = proof::Mark::fail,
                           .code = "SL2320",
                           .verdict = Verdict::report_altered});
    check.verdict = Verdict::report_altered;
    check_picture(check);
}

}  // namespace report_picture_test
