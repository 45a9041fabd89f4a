// The route table as OpenAPI 3.0 tells it, for clients that make themselves from that.
#include <algorithm>

#include <nlohmann/json.hpp>

#include "lab/core/dns_name.h"
#include "lab/httpbin/handlers.h"
#include "lab/httpbin/routes.h"

namespace sni::httpbin {

using nlohmann::json;

namespace {

/// A {name} of the pattern is a parameter of the path; {name...} has no way to be said, and is one.
struct SpecPath {
    std::string text;
    json parameters = json::array();
};

SpecPath spec_path(std::string_view pattern) {
    SpecPath path;
    while (!pattern.empty()) {
        const std::size_t open = std::min(pattern.find('{'), pattern.size());
        path.text += pattern.substr(0, open);
        pattern.remove_prefix(open);
        if (pattern.empty()) break;
        const std::size_t close = pattern.find('}');
        std::string_view name = pattern.substr(1, close - 1);
        pattern.remove_prefix(close + 1);
        if (name.ends_with("...")) name.remove_suffix(3);
        path.text.append("{").append(name).append("}");
        path.parameters.push_back(
            {{"name", name}, {"in", "path"}, {"required", true}, {"schema", {{"type", "string"}}}});
    }
    return path;
}

/// OpenAPI knows these and no others.
bool is_spec_method(std::string_view method) {
    constexpr std::array<std::string_view, 7> kKnown = {"GET",    "HEAD",  "POST", "PUT",
                                                        "DELETE", "PATCH", "TRACE"};
    return std::ranges::find(kKnown, method) != kKnown.end();
}

}  // namespace

Response spec(const Exchange& exchange) {
    json paths = json::object();
    for (const Route& route : routes()) {
        SpecPath path = spec_path(route.pattern);
        json operations = json::object();
        for (const std::string_view method : route.methods) {
            if (!is_spec_method(method)) continue;
            json operation = {{"responses", {{"default", {{"description", "the answer"}}}}}};
            if (!route.about.empty()) operation["summary"] = route.about;
            operations[to_lower_ascii(method)] = std::move(operation);
        }
        if (!path.parameters.empty()) operations["parameters"] = std::move(path.parameters);
        paths[path.text] = std::move(operations);
    }
    return json_response({{"openapi", "3.0.3"},
                          {"info",
                           {{"title", exchange.site.name},
                            {"description", "httpbin's endpoints, served by sni-lab"},
                            {"version", SNI_LAB_VERSION}}},
                          {"paths", std::move(paths)}});
}

}  // namespace sni::httpbin
