// Nothing that PROVEN rests on beside a witness can be taken away or changed unnoticed, by whoever
// changes it; and what is only told is named here, each with the reason why nothing rests on it.
#include <algorithm>
#include <functional>
#include <map>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "certs/clock.h"
#include "lab/backend/backend.h"
#include "lab/client/observe.h"
#include "lab/proof/judge/judge.h"
#include "tests/support/backend_fixture.h"
#include "tests/support/catch.h"
#include "tests/support/spoiled.h"
#include "tests/support/witness_site.h"

namespace client_necessary_witness_test {

using namespace sni;
using client::TlsVersion;
using nlohmann::json;
using proof::Verdict;

namespace {

/// Honest evidence of one probe of a service, and the witness beside it that signed for it.
struct Seen {
    explicit Seen(TlsVersion version) : only(version) {}

    TlsVersion only;
    backend::Backend service{test::backend_options()};
    test::WitnessSite site{service.listening()};
    proof::Evidence evidence = client::observe({.gateway = site.address(),
                                                .sni = "httpbin.example.com",
                                                .request = "/status/418?" + std::string(999, 'a'),
                                                .timeout = std::chrono::seconds(20),
                                                .offer = {.only = only},
                                                .witness = site.page()},
                                               site.identity());

    /// As verify and proof check judge it: from the bytes.
    Verdict verdict(const proof::Evidence& changed) const {
        const auto again = client::read_again(changed, site.identity());
        if (!again) return Verdict::inconclusive;
        return proof::judge(*again,
                            {.identity_key_id = site.identity().key_id(),
                             .status = 418,
                             .backend = "shop/pay",
                             .now = wall_clock()},
                            "probe")
            .verdict;
    }
    Verdict with_envelope(std::string text) const {
        proof::Evidence changed = evidence;
        changed.envelope = std::move(text);
        return verdict(changed);
    }
    /// The document changed, and signed again by the very witness that is expected.
    Verdict with_document(const json& document) const {
        return with_envelope(site.vouch_for(document.dump(-1, ' ', true)));
    }
    json document() const {
        return json::parse(proof::decode_envelope(*evidence.envelope).value().document);
    }
};

Seen seen() {
    return Seen(GENERATE(TlsVersion::tls_1_3, TlsVersion::tls_1_2));
}

/// Where nothing is told, something.
json altered(const std::string& path, const json& value) {
    if (value.is_null()) return path.ends_with("_ms") ? json(1'800'000'000'000) : json("x");
    return test::altered(value);
}

const char* const kByItsClock = "the witness's clock is told; what PROVEN needs is a connection";
const char* const kOfOthers = "speaks of other connections than the one that was found";
const char* const kInTheBytes = "read out of bytes that are compared whole, at both ends";
const char* const kOfTheWay = "addresses change with every relay on the way";
const char* const kForCuts = "asked only where bytes are missing at the end";
const char* const kOfTheEnd = "how it ended says nothing of what had passed";

/// What is told for the reader alone, by its path in `whole`, and why.
std::map<std::string, const char*> told(TlsVersion version, const json& whole) {
    const std::string session = "/sessions/0/";
    const std::string server = session + "server/";
    std::map<std::string, const char*> list = {
        {"/time_ms", kByItsClock},
        {"/complete_since_ms", kByItsClock},
        {"/let_go", kOfOthers},
        {"/unread", kOfOthers},
        {"/other_hellos", kOfOthers},
        {session + "id", "a number of the witness's own"},
        {session + "peer", kOfTheWay},
        {session + "proxy_source", kOfTheWay},
        {session + "began_ms", kByItsClock},
        {session + "ended_ms", kOfTheEnd},
        {session + "client_end", kOfTheEnd},
        {session + "service_end", kOfTheEnd},
        {session + "sni", kInTheBytes},
        {session + "alpn/0", kInTheBytes},
        {session + "alpn/1", kInTheBytes},
        {session + "ja4", kInTheBytes},
        {session + "early_data_offered", kInTheBytes},
        {server + "version", kInTheBytes},
        {server + "cipher_suite", kInTheBytes},
        {server + "group", kInTheBytes},
        {server + "pre_shared_key", kInTheBytes},
        {server + "full", kInTheBytes},
        {server + "extended_master_secret", kInTheBytes},
    };
    // As many as the hellos of this OpenSSL come to.
    for (const std::string side : {"up", "down"}) {
        const std::size_t count = whole["sessions"][0][side]["checkpoints"].size();
        REQUIRE(count > 0);
        for (std::size_t i = 0; i < count; ++i) {
            list.emplace(fmt::format("{}{}/checkpoints/{}", session, side, i), kForCuts);
        }
    }
    if (version == TlsVersion::tls_1_3) {
        list.emplace(server + "session_ticket", "opens no session of TLS 1.3");
    }
    return list;
}

}  // namespace

TEST_CASE("no altered byte of a witness's envelope leaves PROVEN", "[client][witness]") {
    const Seen by_witness(TlsVersion::tls_1_3);
    REQUIRE(by_witness.verdict(by_witness.evidence) == Verdict::proven);
    test::require_every_byte(*by_witness.evidence.envelope, [&](const std::string& changed) {
        return by_witness.with_envelope(changed) == Verdict::proven;
    });
}

TEST_CASE("every field of a witness's statement is necessary, or named as one that is told",
          "[client][witness]") {
    const Seen by_witness = seen();
    const json whole = by_witness.document();
    REQUIRE(by_witness.with_document(whole) == Verdict::proven);
    const auto only_told = told(by_witness.only, whole);
    std::size_t met = 0;
    int necessary = 0;
    const json flat = whole.flatten();
    for (const auto& [path, value] : flat.items()) {
        CAPTURE(path);
        if (path == "/others") continue;  // empty; of other connections, as their number is
        const json::json_pointer at(path);
        json changed = whole;
        changed[at] = altered(path, value);
        const json missing = test::without(whole, path);
        const bool listed = whole[at.parent_pointer()].is_array();
        if (const auto why = only_told.find(path); why != only_told.end()) {
            CAPTURE(why->second);
            ++met;
            // That it is told is no licence to leave it out, but of a list.
            CHECK(by_witness.with_document(changed) == Verdict::proven);
            CHECK((by_witness.with_document(missing) == Verdict::proven) == listed);
        } else {
            ++necessary;
            CHECK(by_witness.with_document(changed) != Verdict::proven);
            CHECK(by_witness.with_document(missing) != Verdict::proven);
        }
    }
    CHECK(met == only_told.size());
    CHECK(necessary == (by_witness.only == TlsVersion::tls_1_3 ? 18 : 19));
}

TEST_CASE("a witness that tells of no connection, or of two, leaves no PROVEN",
          "[client][witness]") {
    const Seen by_witness = seen();
    const json whole = by_witness.document();
    json none = whole;
    none["sessions"] = json::array();
    CHECK(by_witness.with_document(none) != Verdict::proven);
    none["matching"] = 0;
    CHECK(by_witness.with_document(none) != Verdict::proven);
    json two = whole;
    two["sessions"].push_back(whole["sessions"][0]);
    two["matching"] = 2;
    CHECK(by_witness.with_document(two) != Verdict::proven);
    json no_hello = whole;
    no_hello["sessions"][0]["hellos"] = json::array();
    CHECK(by_witness.with_document(no_hello) != Verdict::proven);
    json no_server = whole;
    no_server["sessions"][0]["server"] = nullptr;
    // Its bytes are compared all the same; below TLS 1.3 nobody knows of tickets then.
    CHECK((by_witness.with_document(no_server) == Verdict::proven) ==
          (by_witness.only == TlsVersion::tls_1_3));
}

TEST_CASE("beside a witness every piece of the client's own half is necessary",
          "[client][witness]") {
    const Seen by_witness = seen();
    const std::pair<const char*, std::function<void(proof::Evidence&)>> changes[] = {
        {"tls", [](auto& e) { e.tls.reset(); }},
        {"no secrecy",
         [](auto& e) {
             e.tls->group.clear();
             e.tls->cipher_suite = "AES128-GCM-SHA256";
         }},
        {"resumed", [](auto& e) { e.tls->resumed = true; }},
        {"chain", [](auto& e) { e.chain_pem.clear(); }},
        {"another chain",
         [](auto& e) { e.chain_pem = test::client_certificates().first.cert_pem; }},
        {"status", [](auto& e) { e.status.reset(); }},
        {"another status", [](auto& e) { e.status = 200; }},
        {"question", [](auto& e) { e.witness.reset(); }},
        {"question's nonce", [](auto& e) { e.witness->question.nonce[31] ^= std::byte{1}; }},
        {"question's hello", [](auto& e) { e.witness->question.hello_sha256[0] ^= std::byte{1}; }},
        {"question's name", [](auto& e) { e.witness->question.sni = "other.example.com"; }},
        {"question's time", [](auto& e) { ++e.witness->question.within; }},
        {"streams", [](auto& e) { e.streams.reset(); }},
        {"sent bytes", [](auto& e) { --e.streams->sent.bytes; }},
        {"sent digest", [](auto& e) { e.streams->sent.sha256[5] ^= std::byte{1}; }},
        {"received", [](auto& e) { e.streams->received.reset(); }},
        {"received bytes", [](auto& e) { --e.streams->received->bytes; }},
        {"received digest", [](auto& e) { e.streams->received->sha256[5] ^= std::byte{1}; }},
        {"answer's end", [](auto& e) { e.streams->answer_end += 10'000; }},
        {"hellos", [](auto& e) { e.hellos.clear(); }},
        {"another hello", [](auto& e) { e.hellos.front().sha256[0] ^= std::byte{1}; }},
        {"hello's records", [](auto& e) { ++e.hellos.front().records; }},
        {"two hellos", [](auto& e) { e.hellos.push_back(e.hellos.front()); }},
        {"another ServerHello", [](auto& e) { (*e.server_hello_sha256)[0] ^= std::byte{1}; }},
        {"envelope", [](auto& e) { e.envelope.reset(); }},
        {"trouble", [](auto& e) { e.trouble = proof::Trouble{.stage = proof::Stage::request}; }},
    };
    for (const auto& [what, change] : changes) {
        CAPTURE(what);
        proof::Evidence changed = by_witness.evidence;
        change(changed);
        CHECK(by_witness.verdict(changed) != Verdict::proven);
    }
}

}  // namespace client_necessary_witness_test
