// Questions to the listeners of short manifests.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lab/manifest/documents/documents.h"
#include "lab/routing/routing.h"

namespace sni::test {

/// Owns what the listeners point into.
class Routed {
  public:
    explicit Routed(std::string text, const lookup::Environment& environment = {})
        : parsed_(manifest::parse_manifests({{.name = "a.yaml", .text = std::move(text)}},
                                            "default", {}, environment.versions)),
          findings_(parsed_.manifest.files),
          routing_(routing::route(parsed_.manifest, findings_, environment)) {}
    Routed(const Routed&) = delete;
    Routed& operator=(const Routed&) = delete;

    const routing::Routing& routing() const { return routing_; }
    const routing::Listeners& listeners() const { return routing_.listeners; }
    const manifest::Manifest& manifest() const { return parsed_.manifest; }
    /// What reading said; tests of routing expect nothing.
    std::string mistakes() const {
        std::string text;
        for (const Diagnostic& d : parsed_.diagnostics) {
            if (d.level == Level::error) text += render(d);
        }
        return text;
    }

    routing::Answer ask(std::optional<std::string> sni, std::uint16_t port = 443) const {
        return routing::ask(listeners(), {.sni = std::move(sni), .port = port});
    }
    routing::Answer ask_plain(std::uint16_t port = 443) const {
        return routing::ask(listeners(), {.sni = {}, .plaintext = true, .port = port});
    }

    /// "routed ns/a:443->8443*100", "reset", "terminate": mistakes first, so that no test passes
    /// over manifests that were not read.
    std::string to(std::optional<std::string> sni, std::uint16_t port = 443) const {
        return shown(ask(std::move(sni), port));
    }
    std::string plain(std::uint16_t port = 443) const { return shown(ask_plain(port)); }

    /// "TLSRoute ns/r Accepted=False NoMatchingParent": those of one kind, "kind ns/name".
    std::vector<std::string> conditions(std::string_view kind) const {
        std::vector<std::string> all;
        for (const routing::Condition& c : listeners().conditions) {
            if (c.kind != kind) continue;
            all.push_back(c.ns + "/" + c.name + (c.listener ? "/" + *c.listener : "") + " " +
                          c.type + "=" + (c.status ? "True " : "False ") + c.reason);
        }
        return all;
    }
    bool has_condition(std::string_view kind, std::string_view text) const {
        const auto all = conditions(kind);
        return std::ranges::find(all, text) != all.end();
    }
    std::size_t attached(std::string_view listener) const {
        const auto& all = listeners().attached;
        const auto found = std::ranges::find(all, listener, &routing::Attached::listener);
        return found == all.end() ? 999 : found->routes;
    }

  private:
    std::string shown(const routing::Answer& answer) const {
        std::string text = mistakes() + std::string(to_string(answer.outcome));
        for (const lookup::Target& t : answer.destinations) {
            text += " " + t.ns + "/" + t.name + ":" + std::to_string(t.port) + "->" +
                    (t.target_port ? std::to_string(*t.target_port) : "?");
            if (t.weight != 100) text += "*" + std::to_string(t.weight);
        }
        return text;
    }

    manifest::Parsed parsed_;
    manifest::Findings findings_;
    routing::Routing routing_;
};

}  // namespace sni::test
