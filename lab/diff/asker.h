// How one side answers for a name: what listens there, and where the connection then goes.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "lab/diff/diff.h"
#include "lab/lookup/pods.h"

namespace sni::diff {

/// What one Envoy listens with, and for which Gateways ("ns/name").
struct View {
    std::string proxy;  ///< empty: pods are not told apart
    std::set<std::string> gateways;
    const routing::Listeners* listeners = nullptr;  ///< of the Side, which must outlive it
};

/// One for each Envoy; never none.
std::vector<View> views_of(const Side& side);

/// `side` must outlive it.
class Asker {
  public:
    enum class Which { old, now };
    /// `other` shows what may be missing in `side`.
    Asker(const Side& side, const Side& other, Which which);

    /// What these views make of it, without repeats; never empty. Of several what is served counts.
    std::vector<End> ask(const std::vector<View>& views, std::uint16_t port,
                         const std::string& name);

  private:
    End ask(const routing::Listeners& listeners, std::uint16_t port, const std::string& name);
    const End& end_of(const routing::FilterChain& chain);
    std::vector<Backend> backends_of(const routing::FilterChain& chain, std::string& why) const;
    Backend backend_of(const lookup::Target& target) const;
    void add_pods(const lookup::Target& target, Backend& backend) const;
    std::vector<std::string> workloads_of(const std::string& ns,
                                          const manifest::Labels& selector) const;
    bool is_gone(const std::string& path, const std::string& host) const;

    const Side& side_;
    lookup::PodIndex pods_;
    Which which_;
    std::unordered_set<std::string> namespaces_;  // that have a Service
    std::unordered_set<std::string> with_pods_;   // namespaces
    // Of the other side.
    std::unordered_set<std::string> its_services_;
    std::unordered_set<std::string> its_hosts_;  // of ServiceEntries
    std::unordered_map<const routing::FilterChain*, End> ends_;
};

}  // namespace sni::diff
