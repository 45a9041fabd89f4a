// A host name as it may stand in SNI, in a route and in a certificate: checked once, here.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "lab/core/result.h"

namespace sni {

/// Why a text is no host name; the enumerator is also the word in the log.
enum class DnsNameError { empty, too_long, bad_label, bad_character, trailing_dot, ip_literal };
std::string_view to_string(DnsNameError error);
/// The rule that it breaks, or how to keep it, as a sentence.
std::string_view rule_of(DnsNameError error);

/// A host name in lower case: letters, digits, '-', '_' and '.', labels of 1 to 63 bytes that do
/// not start with '-', 253 bytes at most, no trailing dot, no IP literal (RFC 1035 §2.3.4, RFC 6066
/// §3). Underscores and all-digit labels are in real use and accepted; a name in Unicode must come
/// as A-labels.
class DnsName {
  public:
    static Result<DnsName, DnsNameError> parse(std::string_view text);

    const std::string& text() const { return text_; }
    auto operator<=>(const DnsName&) const = default;
    bool operator==(const DnsName&) const = default;

  private:
    explicit DnsName(std::string text) : text_(std::move(text)) {}
    std::string text_;
};

/// No name is longer (RFC 1035 §2.3.4).
inline constexpr std::size_t kMostDnsName = 253;
using DnsNameBuffer = std::array<char, kMostDnsName + 1>;

/// The text of DnsName::parse(), written into `buffer` instead of memory of its own.
Result<std::string_view, DnsNameError> read_dns_name(std::string_view text, DnsNameBuffer& buffer);

/// ASCII letters only; every other byte stays as it is (RFC 4343).
std::string to_lower_ascii(std::string_view text);

}  // namespace sni
