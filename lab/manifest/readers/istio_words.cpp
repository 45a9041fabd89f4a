// Words that several of Istio's kinds have, checked as istiod's webhook checks them
// (pkg/config/validation/validation.go).
#include <algorithm>
#include <charconv>
#include <set>
#include <system_error>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "lab/core/host_help.h"
#include "lab/manifest/codes.h"
#include "lab/manifest/hosts.h"
#include "lab/manifest/readers/readers.h"

namespace sni::manifest {

bool is_label(std::string_view word) {
    constexpr std::size_t kMost = 63;
    const auto is_letter = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    };
    return !word.empty() && word.size() <= kMost && is_letter(word.front()) &&
           is_letter(word.back()) &&
           std::ranges::all_of(word, [&](char c) { return c == '-' || is_letter(c); });
}

namespace {

bool is_subnet(std::string_view text) {
    const std::size_t slash = text.find('/');
    const std::string_view address = text.substr(0, slash);
    if (!is_ip_address(address)) return false;
    if (slash == std::string_view::npos) return true;
    const std::string_view digits = text.substr(slash + 1);
    unsigned prefix = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), prefix);
    const bool canonical = digits == "0" || !digits.starts_with('0');
    return !digits.empty() && error == std::errc{} && end == digits.data() + digits.size() &&
           canonical && prefix <= (address.contains(':') ? 128U : 32U);
}

}  // namespace

void check_word(Reading& in, std::string_view what, const Text& word,
                std::span<const std::string_view> known) {
    if (std::ranges::find(known, word.value) != known.end()) return;
    in.error(code::kSchema, word.at, fmt::format("there is no {} {}", what, quote(word.value)), {},
             fmt::format("write one of {}", fmt::join(known, ", ")));
}

void check_destination(const Destination& destination, Reading& in) {
    const Text& host = destination.host;
    const auto problem =
        host.value == "*" ? "cannot be everything" : destination_problem(host.value);
    if (!host.value.empty() && problem) {
        in.error(code::kSchema, host.at,
                 fmt::format("the destination {} {}", quote(host.value), *problem), {},
                 is_ip_address(host.value)
                     ? "write a ServiceEntry with this address, and its host here"
                     : host_help(host.value));
    }
    check_subset_name(in, destination.subset);
}

void report_host(Reading& in, const Text& host, std::string_view problem) {
    in.error(code::kSchema, host.at, fmt::format("the host {} {}", quote(host.value), problem), {},
             host_help(host.value));
}

void check_gateway_names(const std::vector<Text>& names, Reading& in) {
    for (const Text& name : names) {
        const std::size_t slash = name.value.find('/');
        const bool whole = slash != std::string::npos;
        const bool fine = whole ? is_label(std::string_view(name.value).substr(0, slash)) &&
                                      is_label(std::string_view(name.value).substr(slash + 1))
                                : !name.value.starts_with('*') && !name.value.empty() &&
                                      !destination_problem(name.value);
        if (!fine) {
            in.error(code::kSchema, name.at,
                     fmt::format("no Gateway can be named {} here", quote(name.value)),
                     "Istio takes NAMESPACE/NAME, each without a dot, or a NAME alone",
                     "write the Gateway's metadata.namespace/metadata.name");
        }
        if (!whole) return;
    }
}

void check_subnets(std::string_view what, const std::vector<Text>& subnets, Reading& in) {
    for (const Text& subnet : subnets) {
        if (is_subnet(subnet.value)) continue;
        in.error(
            code::kSchema, subnet.at,
            fmt::format("{} has {}, which is no range of addresses", what, quote(subnet.value)), {},
            "write an address or a range, as in 10.0.0.0/8");
    }
}

void check_subset_name(Reading& in, const Text& name) {
    if (name.value.empty() || is_label(name.value)) return;
    in.error(code::kSchema, name.at, fmt::format("{} is no name of a subset", quote(name.value)),
             "only letters, digits and '-' may stand in one, 63 at most");
}

void check_export(const std::vector<Text>& export_to, const std::string& ns, Exported what,
                  Reading& in) {
    std::set<std::string_view> seen;
    for (const Text& target : export_to) {
        const std::string& word = target.value == "." ? ns : target.value;
        const bool nowhere = word == "~" && what == Exported::entry;
        if (!seen.insert(word).second) {
            in.error(code::kSchema, target.at, fmt::format("exportTo names {} twice", quote(word)),
                     {}, "keep one of them");
        } else if ((word == "*" || nowhere) && export_to.size() > 1) {
            in.error(code::kSchema, target.at,
                     fmt::format("exportTo names {} beside others", quote(word)),
                     word == "*" ? "\"*\" is every namespace" : "\"~\" is no namespace at all",
                     "keep one of them");
        } else if (word != "*" && !nowhere && !is_label(word)) {
            in.error(code::kSchema, target.at,
                     fmt::format("exportTo names {}, which is no namespace", quote(word)), {},
                     "write \".\", \"*\" or the name of a namespace");
        } else if (what == Exported::rule_of_workloads && word != ns) {
            in.error(code::kSchema, target.at,
                     fmt::format("exportTo names {} beside a workloadSelector", quote(word)),
                     "such a rule holds in its own namespace only", "write exportTo: [.]");
        }
    }
}

}  // namespace sni::manifest
