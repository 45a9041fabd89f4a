#include "cli/scenario_secrets.h"

#include <algorithm>

#include "cli/manifest_files.h"

namespace sni::cli {

std::vector<SecretWish> secrets_of_scenario(const std::string& scenario) {
    LoadedScenario loaded = load_scenario(scenario);
    require_runnable(loaded, false);
    std::vector<SecretWish> wishes;
    for (const scenario::BackendSpec& backend : loaded.scenario.backends) {
        if (!backend.secret || backend.secret->cert_pem) continue;
        const SecretWish wish{
            .ns = backend.secret->ns, .name = backend.secret->name, .names = backend.secret->names};
        if (std::ranges::find(wishes, wish) == wishes.end()) wishes.push_back(wish);
    }
    for (const scenario::TerminatorSpec& terminator : loaded.scenario.terminators) {
        const scenario::SecretSpec& secret = terminator.secret;
        const SecretWish wish{.ns = secret.ns, .name = secret.name, .names = secret.names};
        if (!secret.cert_pem && std::ranges::find(wishes, wish) == wishes.end())
            wishes.push_back(wish);
    }
    return wishes;
}

}  // namespace sni::cli
