// What a witness says of an honest path, to be spoilt by tests.
#pragma once

#include "lab/proof/witness.h"
#include "tests/proof/honest.h"

namespace sni::test {

inline proof::WitnessedSession witnessed() {
    const auto began = proof::Moment(std::chrono::milliseconds(1'795'333'681'000));
    return {.id = 17,
            .peer = "127.0.0.1:40000",
            .began = began,
            .sni = "httpbin.example.com",
            .alpn = {"h2", "http/1.1"},
            .ja4 = "t13d3112h2_e8f1e7e78f70_b26ce05bbdd6",
            .hellos = {hello()},
            .server = proof::WitnessedServer{.version = "TLSv1.3",
                                             .cipher_suite = "TLS_AES_256_GCM_SHA384",
                                             .group = "x25519",
                                             .full = true,
                                             .hello_sha256 = {std::byte{8}}},
            .up = {kUp, {}},
            .down = {kDown, {Digest{std::byte{1}}}},
            .client_end = "open",
            .service_end = "open"};
}

inline proof::WitnessStatement witness_statement() {
    const proof::WitnessedSession session = witnessed();
    return {.question = {.nonce = {std::byte{7}},
                         .hello_sha256 = hello().sha256,
                         .sni = "httpbin.example.com",
                         .within = std::chrono::milliseconds(150)},
            .witness = "shop/pay",
            .time = session.began + std::chrono::milliseconds(40),
            .complete_since = session.began - std::chrono::hours(1),
            .matching = 1,
            .sessions = {session}};
}

/// What a probe of any service sees beside it.
inline proof::Evidence witnessed_evidence() {
    proof::Evidence e = honest();
    e.request = "/";
    e.exporter_sha256.reset();
    e.witness = proof::WitnessAsked{loopback(9000), witness_statement().question};
    e.proof = witness_statement();
    return e;
}

/// Judged with the statement changed by `change`.
template <class Change>
proof::Check with_witness(Change change) {
    proof::Evidence e = witnessed_evidence();
    proof::WitnessStatement said = witness_statement();
    change(said);
    e.proof = said;
    return judge(e, {.identity_key_id = "9f3c77aa04d10001", .now = kNow}, "any service");
}

}  // namespace sni::test
