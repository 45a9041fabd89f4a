#include "cli/scenario_secrets.h"

#include <algorithm>

#include "cli/manifest_files.h"

namespace sni::cli {

namespace {

/// What the manifests hold is there, and what lab.yaml describes `up` makes itself.
bool is_to_be_made(const scenario::SecretSpec& secret, const scenario::LabFile& lab) {
    return !secret.cert_pem && !lab.recipe_for(secret);
}

}  // namespace

std::vector<SecretWish> secrets_of_scenario(const std::string& scenario, std::ostream& err) {
    LoadedScenario loaded = load_scenario(scenario);
    require_runnable(loaded, false);
    tell_warnings(loaded.diagnostics, err);
    std::vector<SecretWish> wishes;
    for (const scenario::BackendSpec& backend : loaded.scenario.backends) {
        if (!backend.secret || !is_to_be_made(*backend.secret, loaded.lab)) continue;
        const SecretWish wish{
            .ns = backend.secret->ns, .name = backend.secret->name, .names = backend.secret->names};
        if (std::ranges::find(wishes, wish) == wishes.end()) wishes.push_back(wish);
    }
    for (const scenario::TerminatorSpec& terminator : loaded.scenario.terminators) {
        const scenario::SecretSpec& secret = terminator.secret;
        const SecretWish wish{.ns = secret.ns, .name = secret.name, .names = secret.names};
        if (is_to_be_made(secret, loaded.lab) && std::ranges::find(wishes, wish) == wishes.end())
            wishes.push_back(wish);
    }
    return wishes;
}

}  // namespace sni::cli
