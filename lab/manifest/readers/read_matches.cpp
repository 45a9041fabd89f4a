// What the rules of a VirtualService wait for, so that they can be compared; what else is in an
// http rule nobody asks.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "lab/core/dns_name.h"
#include "lab/manifest/loose.h"
#include "lab/manifest/readers/readers.h"

namespace sni::manifest {

namespace {

using yaml::Kind;
using yaml::Node;

/// What a decoder takes for left out.
bool is_empty(const Node& node) {
    switch (node.kind()) {
        case Kind::null:
            return true;
        case Kind::scalar:
            return node.text().empty() || (!node.quoted() && node.text() == "false");
        case Kind::sequence:
            return node.items().empty();
        case Kind::mapping:
            break;
    }
    return node.entries().empty();
}

/// The same for the same value, in whatever order its fields are.
std::string text_of(const Node& node, std::initializer_list<std::string_view> without = {}) {
    std::string text;
    if (node.kind() == Kind::scalar) return fmt::format("{}:{}", node.text().size(), node.text());
    if (node.kind() == Kind::sequence) {
        for (const Node& item : node.items()) {
            text += text_of(item) + ",";
        }
        return "[" + text + "]";
    }
    std::vector<std::string> fields;
    for (const yaml::Entry& entry : node.entries()) {
        const std::string& key = entry.key.value;
        if (std::ranges::find(without, key) != without.end()) continue;
        if (without.size() > 0 && is_empty(entry.value)) continue;  // a field of the match itself
        fields.push_back(fmt::format("{}={},", key, text_of(entry.value)));
    }
    std::ranges::sort(fields);
    for (const std::string& field : fields) {
        text += field;
    }
    return "{" + text + "}";
}

/// "@request.auth.claims.group", "@request.auth.claims[group]" (pkg/jwt/routing.go).
bool is_claim(std::string_view header) {
    constexpr std::string_view kClaims = "@request.auth.claims";
    if (!to_lower_ascii(header).starts_with(kClaims)) return false;
    const std::string_view name = header.substr(kClaims.size());
    return (name.starts_with('.') && name.size() > 1) ||
           (name.starts_with('[') && name.ends_with(']') && name.size() > 2);
}

void find_claim(const Node& match, std::optional<Text>& claim) {
    for (const std::string_view key : {"headers", "withoutHeaders"}) {
        const Node* headers = match.find(key);
        if (!headers) continue;
        for (const yaml::Entry& entry : headers->entries()) {
            if (!claim && is_claim(entry.key.value)) claim = entry.key;
        }
    }
}

RuleMatch match_of(const Node& match) {
    const auto names = loose::items(match, "sniHosts");
    RuleMatch read{.text = text_of(match, {"name"}),
                   .prefix = {},
                   .rest = {},
                   .at = names.empty() ? match.at() : names.front()->at()};
    const Node* prefix = loose::at(match, {"uri", "prefix"});
    if (!prefix || prefix->text().empty()) return read;
    read.prefix = prefix->text();
    read.rest = text_of(match, {"name", "uri"});
    return read;
}

}  // namespace

void read_matches(Fields& spec, VirtualService& service) {
    for (const std::string_view kind : {"http", "tcp", "tls"}) {
        const Node* rules = spec.raw(kind);
        if (!rules || rules->items().empty()) continue;
        std::vector<RuleMatches>& into = service.matches[std::string(kind)];
        for (const Node& rule : rules->items()) {
            RuleMatches& read = into.emplace_back();
            read.at = rule.at();
            for (const Node* match : loose::items(rule, "match")) {
                read.all.push_back(match_of(*match));
                if (kind == "http") find_claim(*match, service.claim);
            }
        }
    }
}

void read_request_authentication(const yaml::Node& document, std::string_view default_namespace,
                                 Manifest& into) {
    const Node* meta = document.find("metadata");
    if (!meta) return;
    RequestAuthentication& read = into.request_authentications.emplace_back();
    read.meta.at = document.at();
    read.meta.name = loose::text(*meta, "name");
    read.meta.ns = loose::text(*meta, "namespace", default_namespace);
    const Node* labels = loose::at(document, {"spec", "selector", "matchLabels"});
    if (!labels) return;
    for (const yaml::Entry& entry : labels->entries()) {
        read.selector.emplace(entry.key.value, entry.value.text());
    }
}

}  // namespace sni::manifest
