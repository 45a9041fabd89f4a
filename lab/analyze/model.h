// What several checks look up, worked out once: which names lead to which pods, and who is called
// what. Routing itself is lab/manifest's, with what it finds on the way.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "lab/analyze/analyze.h"
#include "lab/routing/routing.h"
#include "lab/scenario/endpoints.h"

namespace sni::analyze {

/// One filter chain of PASSTHROUGH and the pods that its targets lead to, without repeats.
struct Reached {
    const routing::FilterChain* chain = nullptr;
    std::vector<const scenario::Pods*> pods;
};

/// By "ns/name"; the first of a name that is there twice.
template <class Object>
using ByPath = std::unordered_map<std::string, const Object*>;

class Model {
  public:
    /// What routing and following the destinations find goes to `findings`. Both references must
    /// outlive the model.
    Model(const manifest::Manifest& manifest, const Options& options, manifest::Findings& findings);
    Model(const Model&) = delete;
    Model& operator=(const Model&) = delete;

    const manifest::Manifest& manifest;
    const Options& options;
    ByPath<manifest::Secret> secrets;
    lookup::Services services;
    ByPath<manifest::Gateway> gateways;
    std::vector<Reached> reached;

    const routing::Listeners& listeners() const { return routing_.listeners; }

  private:
    void follow();
    std::vector<const scenario::Pods*> pods_behind(const routing::FilterChain& chain);

    scenario::Endpoints endpoints_;
    routing::Routing routing_;
};

/// A text of a file as a word of a command that is shown: itself if no shell would see more in it
/// than a word, else `otherwise`.
std::string command_word(std::string_view text, std::string_view otherwise);

/// Of the ingress gateway's pods: as the environment says, else those that Istio's own has.
const manifest::Labels& gateway_labels(const lookup::Environment& environment);

}  // namespace sni::analyze
