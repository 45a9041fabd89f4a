#include "lab/routing/listeners/envoy.h"

#include <unordered_map>

#include <fmt/format.h>

#include "lab/core/dns_name.h"
#include "lab/manifest/hosts.h"

namespace sni::routing {

std::string Refusal::text(const std::vector<FilterChain>& chains) const {
    if (kind == Kind::partial_wildcard) {
        return fmt::format("Envoy knows no wildcard like {}, which {} asks for", quote(name.value),
                           chains[chain].rule.text());
    }
    if (chain == first) {
        return fmt::format("{} asks for {} twice in one filter chain", chains[chain].rule.text(),
                           quote(name.value));
    }
    return fmt::format("two filter chains have the name {}, one of {} and one of {}",
                       quote(name.value), chains[first].rule.text(), chains[chain].rule.text());
}

std::vector<Refusal> refusals(const std::vector<FilterChain>& chains) {
    std::vector<Refusal> found;
    std::unordered_map<std::string, std::size_t> owners;
    for (std::size_t i = 0; i < chains.size(); ++i) {
        const FilterChain& chain = chains[i];
        if (chain.ends == FilterChain::Ends::plain) {
            // It has no names either, so that a rule for "*" and it are the same to Envoy.
            const auto [owner, fresh] = owners.emplace("*", i);
            if (!fresh)
                found.push_back({Refusal::Kind::same_name, i, owner->second, chain.names.front()});
            continue;
        }
        const bool all = chain.takes_all();
        for (const Text& name : chain.names) {
            if (all && name.value != "*") continue;
            if (is_partial_wildcard(name.value)) {
                found.push_back({Refusal::Kind::partial_wildcard, i, i, name});
            }
            const auto [owner, fresh] = owners.emplace(to_lower_ascii(name.value), i);
            // Of several "*" in one chain nothing is left but "no names".
            if (fresh || (all && owner->second == i)) continue;
            found.push_back({Refusal::Kind::same_name, i, owner->second, name});
        }
        if (chain.names.empty() && !owners.emplace("*", i).second) {
            found.push_back({Refusal::Kind::same_name, i, owners.at("*"), {"*", chain.rule.at}});
        }
    }
    return found;
}

}  // namespace sni::routing
