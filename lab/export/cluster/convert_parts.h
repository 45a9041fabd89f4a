// What both directions of convert.h share. Private to them.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "lab/export/cluster/convert.h"

namespace sni::exporting {

/// One destination as both APIs can name it.
struct Reference {
    std::string ns;
    std::string name;
    std::uint16_t port = 0;
    std::int64_t weight = 1;
};

class Converter {
  public:
    /// What stays of `manifest` keeps its name, so that no other may have it.
    Converter(const manifest::Manifest& manifest, const routing::Listeners& listeners,
              const lookup::Environment& environment, Converted& into);

    /// Chains that came from Istio's rules, and from other gateways'.
    void to_gateway_api();
    /// Behind to_gateway_api(): other gateways' objects that TLSRoutes were written for, rule by
    /// rule, are replaced; what else there is stays, with a note.
    void take_entrances(const manifest::Manifest& manifest);
    /// Chains that came from TLSRoutes.
    void to_istio();

  private:
    void note(std::string sentence);
    std::vector<Reference> references(const routing::FilterChain& chain);
    std::vector<std::string> hosts(const routing::FilterChain& chain);
    /// The same, or "*".
    std::vector<std::string> names_of(const routing::FilterChain& chain);
    /// `name`, or with a number behind it when another of the kind has that.
    std::string unique(const std::string& kind, const std::string& ns, const std::string& name);
    /// The Gateways that `listeners_` come to: one for each of FilterChain::proxy. What the gateway
    /// itself answers is left out, with a note.
    std::map<std::string, EntryPoint> edges_by_proxy();
    /// Whether TLSRoutes are v1 or of the experimental channel; chains that cannot be written in
    /// any version that is served are taken out, with a note.
    void choose_version(std::vector<const routing::FilterChain*>& chains);
    /// Documents; none, with a note, where the chain cannot be written.
    std::vector<std::string> tls_routes(const EntryPoint& edge, const routing::FilterChain& chain,
                                        bool experimental);
    void add_grants();
    /// A document; nothing, with a note, where the chain cannot be written.
    std::optional<std::string> virtual_service(const std::string& gateway,
                                               const routing::FilterChain& chain);

    const routing::Listeners& listeners_;
    const lookup::Environment& environment_;
    Converted& into_;
    std::set<std::string> said_;
    std::set<manifest::Spot> written_;  ///< rules that TLSRoutes were written for
    std::set<std::tuple<std::string, std::string, std::string>> taken_;  ///< kind, ns, name
    /// From a namespace, to a Service "ns/name" in another.
    std::set<std::pair<std::string, std::pair<std::string, std::string>>> grants_;
};

}  // namespace sni::exporting
