#include "lab/manifest/documents/said.h"

#include <algorithm>
#include <array>
#include <string_view>

#include <nlohmann/json.hpp>

#include "lab/yaml/fields.h"

namespace sni::manifest {

namespace {

using Json = nlohmann::json;

constexpr std::array<std::string_view, 6> kOfServer = {
    "creationTimestamp", "generation", "managedFields", "resourceVersion", "selfLink", "uid"};
constexpr std::string_view kLastApplied = "kubectl.kubernetes.io/last-applied-configuration";

/// The text "1" is not the number 1, and to a template neither is it the other way round.
Json json_of(const yaml::Node& node) {
    switch (node.kind()) {
        case yaml::Kind::null:
            break;
        case yaml::Kind::scalar:
            return (yaml::scalar_type(node) == yaml::ScalarType::text ? "\"" : "=") + node.text();
        case yaml::Kind::sequence: {
            Json list = Json::array();
            for (const yaml::Node& item : node.items()) {
                list.push_back(json_of(item));
            }
            return list;
        }
        case yaml::Kind::mapping: {
            Json object = Json::object();
            for (const yaml::Entry& entry : node.entries()) {
                object[entry.key.value] = json_of(entry.value);
            }
            return object;
        }
    }
    return nullptr;
}

std::string text_of(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::string said_by(const yaml::Node& document) {
    Json said = json_of(document);
    if (said.is_object() && said.contains("apiVersion")) {
        said.erase("status");
        if (const auto metadata = said.find("metadata");
            metadata != said.end() && metadata->is_object()) {
            for (const std::string_view key : kOfServer) {
                metadata->erase(std::string(key));
            }
            const auto annotations = metadata->find("annotations");
            if (annotations != metadata->end() && annotations->is_object())
                annotations->erase(std::string(kLastApplied));
        }
    }
    return text_of(said);
}

bool does_say(std::string_view said, const std::string& text) {
    return said.contains(text_of('"' + text)) || said.contains(text_of('=' + text));
}

}  // namespace sni::manifest
