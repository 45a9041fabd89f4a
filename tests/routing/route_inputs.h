// What the passes of lab/routing are asked with, from a short manifest.
#pragma once

#include <string>
#include <utility>

#include "lab/manifest/documents/documents.h"
#include "lab/routing/listeners/routed.h"

namespace sni::test {

/// Owns what the passes look at.
class RouteInputs {
  public:
    explicit RouteInputs(std::string text, lookup::Environment environment = {})
        : parsed_(manifest::parse_manifests({{.name = "a.yaml", .text = std::move(text)}}, "ns")),
          findings_(parsed_.manifest.files),
          environment_(lookup::settled(parsed_.manifest, std::move(environment))),
          views_(parsed_.manifest, environment_),
          rules_(parsed_.manifest, environment_) {}
    RouteInputs(const RouteInputs&) = delete;
    RouteInputs& operator=(const RouteInputs&) = delete;

    const routing::Inputs& inputs() const { return inputs_; }
    const manifest::Manifest& manifest() const { return parsed_.manifest; }
    const lookup::Services& services() { return views_.of("ns"); }
    manifest::Findings& findings() { return findings_; }

  private:
    manifest::Parsed parsed_;
    manifest::Findings findings_;
    lookup::Environment environment_;
    lookup::ServicesByViewer views_;
    lookup::DestinationRules rules_;
    routing::Inputs inputs_{.manifest = parsed_.manifest,
                            .environment = environment_,
                            .views = views_,
                            .rules = rules_};
};

}  // namespace sni::test
