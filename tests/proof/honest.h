// The evidence of an honest path, to be spoilt by tests of the judge.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "lab/proof/judge/judge.h"
#include "tests/support/catch.h"

namespace sni::test {

using namespace proof;

inline const auto kNow = std::chrono::sys_seconds(std::chrono::seconds(1'795'333'681));

inline TlsFacts session() {
    return {.version = "TLSv1.3",
            .cipher_suite = "TLS_AES_256_GCM_SHA384",
            .group = "x25519",
            .sni = "httpbin.example.com",
            .alpn = "http/1.1"};
}

inline constexpr StreamDigest kUp{.bytes = 742, .sha256 = {std::byte{4}}};
inline constexpr StreamDigest kDown{.bytes = 2042, .sha256 = {std::byte{5}}};

inline HelloFacts hello() {
    return {.sha256 = {std::byte{6}}, .bytes = 512, .records = 1, .shape = "t13d3012h1"};
}

inline Statement statement() {
    return {.nonce = {std::byte{7}},
            .time = kNow,
            .backend = "passthrough-test/httpbin",
            .tls = session(),
            .exporter_sha256 = Digest{std::byte{1}},
            .leaf_sha256 = Digest{std::byte{2}},
            .streams = Streams{.received = kUp, .sent = kDown},
            .hellos = {hello()},
            .peer = "127.0.0.1:40000"};
}

/// What an honest path yields.
inline Evidence honest() {
    return {.gateway = loopback(8443),
            .sni = "httpbin.example.com",
            .request = "/status/418",
            .tls = session(),
            .leaf = CertFacts{.subject = "CN=httpbin.example.com, O=myorg",
                              .issuer = "CN=httpbin.example.com, O=myorg",
                              .common_name = "httpbin.example.com",
                              .dns_names = {"httpbin.example.com"},
                              .not_before = kNow - std::chrono::hours(1),
                              .not_after = kNow + std::chrono::hours(1),
                              .key = "RSA 2048",
                              .sha256 = Digest{std::byte{2}},
                              .spki_sha256 = Digest{std::byte{3}},
                              .self_signed = true},
            .status = 418,
            .reason = "I'm a teapot",
            .nonce = {std::byte{7}},
            .exporter_sha256 = Digest{std::byte{1}},
            .streams = ClientStreams{.sent = kUp, .answer_end = kDown.bytes, .received = kDown},
            .hellos = {hello()},
            .proof = statement()};
}

inline Expectation expectation() {
    return {.identity_key_id = "9f3c77aa04d10001",
            .leaf_sha256 = Digest{std::byte{2}},
            .status = 418,
            .backend = "passthrough-test/httpbin",
            .now = kNow};
}

inline proof::Check judged(const Evidence& evidence) {
    return judge(evidence, expectation(), "teapot");
}

/// The statement inside honest evidence, changed by `change`.
template <class Change>
proof::Check with_statement(Change change) {
    Evidence e = honest();
    Statement s = statement();
    change(s);
    e.proof = s;
    return judged(e);
}

inline const proof::Line& line(const proof::Check& check, std::string_view name) {
    const auto found = std::ranges::find(check.lines, name, &proof::Line::name);
    REQUIRE(found != check.lines.end());
    return *found;
}

inline std::vector<std::string> codes(const proof::Check& check) {
    std::vector<std::string> found;
    for (const proof::Line& l : check.lines) {
        if (!l.code.empty()) found.push_back(l.code);
    }
    return found;
}

}  // namespace sni::test
