// What comes back for the proof may be anything: each has its own words, and none is a pass.
#include <algorithm>

#include <fmt/format.h>

#include "certs/clock.h"
#include "lab/client/observe.h"
#include "lab/proof/judge/judge.h"
#include "tests/support/catch.h"
#include "tests/support/lying_backend.h"

namespace client_bad_answers_test {

using namespace sni;
using namespace sni::client;
using proof::Verdict;
using test::LyingBackend;

namespace {

const certs::Identity& identity() {
    static const certs::Identity made = certs::Identity::make();
    return made;
}

proof::Check judged(const LyingBackend& backend) {
    return proof::judge(
        observe({.gateway = backend.listening(),
                 .sni = "httpbin.example.com",
                 .timeout = std::chrono::milliseconds(1000)},
                identity().public_key()),
        {.identity_key_id = identity().public_key().key_id(), .status = 418, .now = wall_clock()},
        "lie");
}

std::string http_answer(std::string_view head, std::string_view body) {
    return fmt::format("HTTP/1.1 {}Content-Length: {}\r\n\r\n{}", head, body.size(), body);
}

/// Signed by the right identity, whatever it says.
std::string envelope(const std::string& document) {
    return proof::encode(
        proof::Envelope{document, identity().sign(as_bytes(proof::signed_bytes(document)))});
}

}  // namespace

TEST_CASE("whatever comes back instead of a statement is told in its own words", "[client]") {
    using After = LyingBackend::After;
    const std::string other = proof::encode(
        proof::Envelope{"{}", certs::Identity::make().sign(as_bytes(proof::signed_bytes("{}")))});
    proof::Statement stale{.backend = "b", .peer = "p"};
    struct Row {
        std::string answer;
        After after;
        Verdict verdict;
        std::string code;
        std::string text;
    };
    const Row rows[] = {
        {http_answer("404 Not Found\r\n", ""), After::stay, Verdict::inconclusive, "SL2301",
         "no statement: the answer was 404 Not Found"},
        {http_answer("503 Sold \x1b[31mout\r\n", envelope("{}")), After::stay,
         Verdict::inconclusive, "SL2301", "no statement: the answer was 503 Sold \\x1b[31mout"},
        {http_answer("302 Found\r\nLocation: https://elsewhere.example.com/\r\n", ""), After::stay,
         Verdict::inconclusive, "SL2301", "no statement: the answer was 302 Found"},
        {http_answer("200 OK\r\nContent-Encoding: gzip\r\n", "\x1f\x8b"), After::stay,
         Verdict::inconclusive, "SL2301", "no statement: the answer was compressed (gzip)"},
        {http_answer("200 OK\r\n", std::string(proof::kEnvelopeLimit + 1, ' ')), After::stay,
         Verdict::inconclusive, "SL2301", "no statement: the connection broke off (bad_http"},
        {"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{\"sch", After::close,
         Verdict::inconclusive, "SL2301", "no statement: the connection broke off (closed"},
        {"", After::close, Verdict::inconclusive, "SL2301",
         "no statement: the connection broke off (closed"},
        {"", After::stay, Verdict::inconclusive, "SL2301",
         "no statement: the connection broke off (timed_out)"},
        {"220 mail.example.com ESMTP\r\n\r\n", After::stay, Verdict::inconclusive, "SL2301",
         "no statement: the connection broke off (bad_http"},
        {http_answer("200 OK\r\n", "<html>"), After::stay, Verdict::inconclusive, "SL2302",
         "what came back is no statement (not_json)"},
        {http_answer("200 OK\r\n",
                     R"({"schema":"sni-lab/proof-envelope/9","document":"","signature":""})"),
         After::stay, Verdict::inconclusive, "SL2302",
         "what came back is no statement (unknown_schema)"},
        {http_answer("200 OK\r\n", other), After::stay, Verdict::report_altered, "SL2303",
         "the statement is not signed by the identity expected"},
        {http_answer("200 OK\r\n", envelope("[]")), After::stay, Verdict::inconclusive, "SL2304",
         "signed by the lab identity, but not a statement this version reads (wrong_type)"},
        {http_answer("200 OK\r\n", envelope(R"({"schema":"sni-lab/proof/2"})")), After::stay,
         Verdict::inconclusive, "SL2304",
         "signed by the lab identity, but not a statement this version reads (unknown_schema)"},
        {http_answer("200 OK\r\n",
                     envelope(R"({"schema":"sni-lab/proof/1","schema":"sni-lab/proof/1"})")),
         After::stay, Verdict::inconclusive, "SL2304",
         "signed by the lab identity, but not a statement this version reads (duplicate_key)"},
        {http_answer("200 OK\r\n", envelope(R"({"schema":"sni-lab/proof/1"})")), After::stay,
         Verdict::inconclusive, "SL2304",
         "signed by the lab identity, but not a statement this version reads (missing_field)"},
        {http_answer("200 OK\r\n", envelope(proof::encode(stale))), After::stay,
         Verdict::terminated, "SL2305", "it answers another probe's nonce"},
    };
    for (const Row& row : rows) {
        const LyingBackend backend(row.answer, row.after);
        const proof::Check check = judged(backend);
        CAPTURE(row.answer.substr(0, 60), row.text);
        CHECK(check.verdict == row.verdict);
        const auto line = std::ranges::find(check.lines, row.code, &proof::Line::code);
        REQUIRE(line != check.lines.end());
        CHECK(line->text.starts_with(row.text));
    }
}

}  // namespace client_bad_answers_test
