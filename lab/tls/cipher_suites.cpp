#include "lab/tls/cipher_suites.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <unordered_map>

#include <fmt/format.h>

#include "lab/tls/names.h"

namespace sni::tls {

namespace {

struct Suite {
    std::uint16_t value;
    std::string_view name;
};

constexpr auto kSuites = std::to_array<Suite>({
#define SNI_SUITE(value, name) {value, name},
#include "lab/tls/cipher_suites.def"
#undef SNI_SUITE
});
static_assert(std::ranges::is_sorted(kSuites, std::ranges::less_equal(), &Suite::value));

const Suite* find(std::uint16_t value) {
    const auto found = std::ranges::lower_bound(kSuites, value, {}, &Suite::value);
    return found != kSuites.end() && found->value == value ? &*found : nullptr;
}

/// "0xc010", as a suite is called that has no name here.
const Suite* find_number(std::string_view text) {
    constexpr std::string_view kBegin = "0x";
    if (!text.starts_with(kBegin)) return nullptr;
    std::uint16_t value = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data() + kBegin.size(), end, value, 16);
    return error == std::errc() && stop == end ? find(value) : nullptr;
}

/// Key exchanges that make a secret for one session, by how their names begin (RFC 5246 §F.1.1.3,
/// RFC 4279 §3, RFC 5054 §3.6, RFC 8492 §1.1, RFC 6655 §4).
constexpr std::array<std::string_view, 7> kEphemeral = {"DHE_", "ECDHE_", "DH_anon", "ECDH_anon",
                                                        "SRP_", "ECCPWD", "PSK_DHE"};

}  // namespace

std::string cipher_suite_name(std::uint16_t suite) {
    if (const Suite* found = find(suite)) return std::string(found->name);
    return is_grease(suite) ? "GREASE" : fmt::format("{:#06x}", suite);
}

std::optional<SuiteFacts> suite_facts(std::string_view name) {
    // Of every connection of a day's traffic it is asked.
    static const auto kByName = [] {
        std::unordered_map<std::string_view, const Suite*> all;
        for (const Suite& suite : kSuites) {
            all.emplace(suite.name, &suite);
        }
        return all;
    }();
    const auto named = kByName.find(name);
    const Suite* const suite = named != kByName.end() ? named->second : find_number(name);
    if (!suite) return std::nullopt;
    // TLS_KEYEXCHANGE_WITH_CIPHER, and of TLS 1.3 TLS_CIPHER, whose key exchange stands elsewhere.
    std::string_view rest = suite->name.substr(std::string_view("TLS_").size());
    constexpr std::string_view kWith = "_WITH_";
    const std::size_t with = rest.find(kWith);
    if (with == std::string_view::npos) {
        const bool integrity_only = rest == "SHA256_SHA256" || rest == "SHA384_SHA384";
        return SuiteFacts{.encrypts = !integrity_only && !rest.ends_with("SCSV")};
    }
    const std::string_view exchange = rest.substr(0, with);
    // Keys of export suites have 40 bits, for whoever wants to search them.
    const bool ephemeral = !exchange.ends_with("_EXPORT") &&
                           std::ranges::any_of(kEphemeral, [&](std::string_view begin) {
                               return exchange.starts_with(begin);
                           });
    return SuiteFacts{.encrypts = !rest.substr(with + kWith.size()).starts_with("NULL"),
                      .forward_secrecy = ephemeral};
}

bool has_psk_hint(std::uint16_t suite) {
    const Suite* found = find(suite);
    return found && found->name.starts_with("TLS_ECDHE_PSK_");
}

}  // namespace sni::tls
