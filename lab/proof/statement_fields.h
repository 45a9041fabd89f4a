// The fields of what a statement says, as JSON: a saved proof and a report have them, too. For .cpp
// files only.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "lab/core/json_fields.h"
#include "lab/proof/statement.h"
#include "lab/proof/verdict.h"

namespace sni {

template <>
struct JsonWords<proof::Verdict> {
    using enum proof::Verdict;
    static constexpr std::array all = {proven,         terminated,        altered,
                                       report_altered, unexpected_answer, not_routed,
                                       certificate,    inconclusive,      readable};
};

template <>
struct JsonFields<proof::TlsFacts> {
    static void visit(auto& field, auto& tls) {
        field("version", tls.version);
        field("cipher_suite", tls.cipher_suite);
        field("group", tls.group);
        field("sni", tls.sni);
        field("alpn", tls.alpn);
        field("extended_master_secret", tls.extended_master_secret);
        field("resumed", tls.resumed);
    }
};

template <>
struct JsonFields<proof::StreamDigest> {
    static void visit(auto& field, auto& stream) {
        field("bytes", stream.bytes);
        field("sha256", stream.sha256);
    }
};

template <>
struct JsonFields<proof::Streams> {
    static void visit(auto& field, auto& streams) {
        field("received", streams.received);
        field("sent", streams.sent);
    }
};

template <>
struct JsonFields<proof::HelloFacts> {
    static void visit(auto& field, auto& hello) {
        field("sha256", hello.sha256);
        field("bytes", hello.bytes);
        field("records", hello.records);
        field("shape", hello.shape);
    }
};

namespace proof {

/// A signed document as it travels: its exact bytes and the signature, both in base64.
std::string encode_signed(const Envelope& envelope, std::string_view schema);
/// Strict, as decode(). Says nothing about the signature.
Result<Envelope, StatementError> decode_signed(std::string_view text, std::string_view schema);

/// Canonical: sorted keys, no spaces, ASCII alone; what is no UTF-8 becomes U+FFFD.
std::string canonical(const nlohmann::json& value);

}  // namespace proof

}  // namespace sni
