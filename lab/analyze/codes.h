// Every code that analyze can report, with the words that a SARIF viewer shows for it. The codes
// that reading and routing report are in lab/manifest/codes.h; those that only analyze reports are
// named here. A code is never reused for something else.
#pragma once

#include <span>
#include <string_view>

namespace sni::analyze {

namespace code {

// Istio's own (pkg/config/analysis/msg/messages.yaml), with Istio's meaning.
inline constexpr std::string_view kNotInjected = "IST0102";
inline constexpr std::string_view kPortName = "IST0118";
inline constexpr std::string_view kUnreachableRule = "IST0130";
inline constexpr std::string_view kIneffectiveMatch = "IST0131";
inline constexpr std::string_view kBadCredential = "IST0161";
inline constexpr std::string_view kPortNotOnService = "IST0162";
inline constexpr std::string_view kUnknownRuleHost = "IST0174";

// Names.
inline constexpr std::string_view kCase = "X-CASE";           ///< equal but for capitals
inline constexpr std::string_view kCatchAll = "X-CATCH-ALL";  ///< takes no-SNI and plain text too
inline constexpr std::string_view kIp = "X-IP";               ///< no client sends an address as SNI
inline constexpr std::string_view kWithoutDns = "X-SNI-WITHOUT-DNS";

// Certificates.
inline constexpr std::string_view kCertInGateway = "X-CERT-IN-GATEWAY";
inline constexpr std::string_view kBadCert = "X-BAD-CERT";  ///< no certificate or key to be read
inline constexpr std::string_view kKeyMismatch = "X-KEY-MISMATCH";
inline constexpr std::string_view kExpired = "X-EXPIRED";
inline constexpr std::string_view kNotYet = "X-NOT-YET";
inline constexpr std::string_view kNoSan = "X-NO-SAN";
inline constexpr std::string_view kCertName = "X-CERT-NAME";
inline constexpr std::string_view kCoalesce = "X-COALESCE";

// What is on the way.
inline constexpr std::string_view kDoubleTls = "X-DOUBLE-TLS";
inline constexpr std::string_view kPortProtocol = "X-PORT-PROTOCOL";  ///< HTTP, and gets TLS

}  // namespace code

/// `name` is Istio's where Istio has the code; `text` is one sentence.
struct Code {
    std::string_view id;
    std::string_view name;
    std::string_view text;
};

/// In the order of their ids.
std::span<const Code> codes();
/// nullptr for what is no code of analyze.
const Code* find_code(std::string_view id);

}  // namespace sni::analyze
