#include "cli/certgen_recipes.h"

#include <array>
#include <ostream>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "certs/inspect.h"
#include "certs/issue.h"
#include "certs/store.h"
#include "cli/certgen_requests.h"
#include "cli/flags.h"
#include "lab/core/codes.h"
#include "lab/core/encoding.h"
#include "lab/core/shell_quote.h"
#include "lab/core/suggest.h"
#include "lab/report/json.h"

namespace sni::cli {

namespace {

using std::chrono::sys_seconds;

/// `verdict` is what verify says to a backend that serves it; with `ciphers` only OpenSSL does.
struct Recipe {
    std::string_view name;
    std::string_view verdict;
    std::string_view code;
    std::string_view why;
    void (*spoil)(certs::CertRequest& request, sys_seconds now);
    std::string_view ciphers = {};
};

constexpr auto kRecipes = std::to_array<Recipe>({
    {"expired", "certificate", code::kCertExpired, "it ended a day ago",
     [](certs::CertRequest& request, sys_seconds now) {
         request.not_before = now - std::chrono::days(10);
         request.not_after = now - std::chrono::days(1);
     }},
    {"not-yet-valid", "certificate", code::kCertNotYetValid, "it begins in a day",
     [](certs::CertRequest& request, sys_seconds now) {
         request.not_before = now + std::chrono::days(1);
         request.not_after = now + std::chrono::days(10);
     }},
    {"wrong-name", "certificate", code::kCertName, "it is for wrong-name.invalid",
     [](certs::CertRequest& request, sys_seconds) { request.names = {"wrong-name.invalid"}; }},
    {"weak-key", "certificate", code::kCertWeakKey,
     "RSA 1024; OpenSSL serves it only with --ciphers DEFAULT@SECLEVEL=0",
     [](certs::CertRequest& request, sys_seconds) { request.key = certs::KeyType::rsa_1024; },
     "DEFAULT@SECLEVEL=0"},
    {"no-san", "proven", "",
     "the name stands in CN alone: curl and the tutorial accept that, browsers and Go do not",
     [](certs::CertRequest& request, sys_seconds) { request.cn_only = true; }},
});

const Recipe& recipe_of(const std::string& word) {
    std::vector<std::string> names;
    for (const Recipe& recipe : kRecipes) {
        if (recipe.name == word) return recipe;
        names.emplace_back(recipe.name);
    }
    const auto near = nearest(word, names);
    throw Failure(
        Exit::usage, code::kUsage,
        fmt::format("--recipe \"{}\" is none of {}", printable(word), fmt::join(names, ", ")), {},
        near ? fmt::format("did you mean --recipe {}?", *near) : "");
}

/// What was made, and where it lies.
struct Made {
    Recipe recipe;
    std::string name;
    certs::PairPaths paths;
    CertFacts facts;
};

std::string next_command(const Made& made) {
    const std::string ciphers =
        made.recipe.ciphers.empty() ? "" : fmt::format(" --ciphers {}", made.recipe.ciphers);
    return fmt::format("\nNext: sni-lab backend --listen 127.0.0.1:8443 --cert {} --key {}{}\n",
                       shell_quoted(made.paths.cert.native()),
                       shell_quoted(made.paths.key.native()), ciphers);
}

std::string to_text(const std::vector<Made>& all) {
    std::string text = fmt::format("Made {} certificate{} that must fail\n", all.size(),
                                   all.size() == 1 ? "" : "s");
    for (const Made& made : all) {
        text += fmt::format("\n  {:<14} {}\n", made.recipe.name, printable(made.name));
        text += fmt::format("    certificate  {}\n", printable(made.paths.cert.string()));
        text += fmt::format("    key          {}\n", printable(made.paths.key.string()));
        text += fmt::format("    because      {}\n", made.recipe.why);
        text += fmt::format("    verify says  {}{}\n", made.recipe.verdict,
                            made.recipe.code.empty() ? ", and names who refuses it"
                                                     : fmt::format(" [{}]", made.recipe.code));
    }
    return text + next_command(all.front());
}

std::string to_json(const std::vector<Made>& all) {
    nlohmann::json certificates = nlohmann::json::array();
    for (const Made& made : all) {
        certificates.push_back({{"recipe", made.recipe.name},
                                {"name", made.name},
                                {"certificate", made.paths.cert.string()},
                                {"key", made.paths.key.string()},
                                {"verdict", made.recipe.verdict},
                                {"code", made.recipe.code},
                                {"facts", report::to_json(made.facts)}});
    }
    return report::print(
        {{"schema", "sni-lab/certgen-recipes/1"}, {"certificates", std::move(certificates)}});
}

/// In the order in which they were named.
std::vector<Recipe> recipes_of(const CertgenOptions& options) {
    std::vector<Recipe> recipes;
    recipes.reserve(options.recipes.size());
    for (const std::string& word : options.recipes) {
        recipes.push_back(recipe_of(word));
        const auto same = [&](const Recipe& recipe) { return recipe.name == recipes.back().name; };
        if (std::ranges::count_if(recipes, same) > 1)
            refuse(fmt::format("--recipe {} stands there twice", recipes.back().name),
                   "give it once");
    }
    return recipes;
}

/// A certificate to make, for a name that it may not bear.
struct Spoiled {
    Recipe recipe;
    std::string name;
    certs::CertRequest request;
};

/// All of them before anything is made.
std::vector<Spoiled> spoiled(const CertgenOptions& options, sys_seconds now) {
    const std::vector<Recipe> recipes = recipes_of(options);
    const std::vector<certs::CertRequest> good = requests_of(options, now);
    std::vector<Spoiled> all;
    all.reserve(recipes.size() * good.size());
    for (const Recipe& recipe : recipes) {
        for (const certs::CertRequest& request : good) {
            Spoiled& one = all.emplace_back(recipe, request.names.front(), request);
            recipe.spoil(one.request, now);
            require_common_name(one.request, fmt::format("--recipe {}", recipe.name));
        }
    }
    return all;
}

}  // namespace

Exit run_recipes(const CertgenOptions& options, Streams io) {
    const std::filesystem::path folder =
        options.out.empty() ? options.state / "recipes" : options.out;
    std::vector<Made> all;
    for (Spoiled& one : spoiled(options, options.now())) {
        const std::filesystem::path own = folder / one.recipe.name;
        certs::make_private_folder(own);
        const certs::CertBundle bundle = certs::issue(one.request);
        all.push_back({.recipe = one.recipe,
                       .name = one.name,
                       .paths = certs::write_pair(own, one.name, bundle, true),
                       .facts = certs::inspect(bundle.cert_pem)->front()});
    }
    io.out << (options.json ? to_json(all) : to_text(all));
    return Exit::yes;
}

}  // namespace sni::cli
