// Two short manifests, compared.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "lab/diff/diff.h"
#include "lab/diff/render.h"
#include "tests/support/catch.h"
#include "tests/support/routing.h"

namespace sni::test {

inline diff::Report diffed(std::string old, std::string now) {
    lookup::Environment environment;
    environment.entrances = true;
    environment.any_class = true;
    const Routed was(std::move(old), environment);
    const Routed is(std::move(now), environment);
    CHECK(was.mistakes().empty());
    CHECK(is.mistakes().empty());
    return diff::compare({was.manifest(), was.routing(), environment},
                         {is.manifest(), is.routing(), environment});
}

/// "moved a.example.com 443: ns/a:443 -> ns/b:443", one for each change, as the table has it.
inline std::vector<std::string> changes(const diff::Report& report) {
    std::vector<std::string> all;
    const auto document = diff::to_json(report);
    for (const auto& change : document["changes"]) {
        std::string line = change["change"].get<std::string>() + " " +
                           change["name"].get<std::string>() + " " +
                           std::to_string(change["port"].get<int>());
        for (const auto& gateway : change["gateways"]) {
            line += " at " + gateway.get<std::string>();
        }
        for (const char* side : {"old", "new"}) {
            line += side == std::string("old") ? ":" : " ->";
            for (const auto& end : change[side]) {
                const auto outcome = end["outcome"].get<std::string>();
                if (outcome != "passed") line += " " + outcome;
                for (const auto& to : end["backends"]) {
                    line += " " + to["name"].get<std::string>();
                    if (!to["port"].is_null()) line += ":" + std::to_string(to["port"].get<int>());
                    if (to["share"] != 1) line += "*" + std::to_string(to["share"].get<int>());
                    if (to["closed"]) line += " closed";
                }
            }
        }
        all.push_back(line);
    }
    return all;
}

inline std::vector<std::string> changes(std::string old, std::string now) {
    return changes(diffed(std::move(old), std::move(now)));
}

}  // namespace sni::test
