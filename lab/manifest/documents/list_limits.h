// How many items the API server takes in lists of the Gateway API.
#pragma once

#include <string_view>

#include "lab/manifest/versions.h"
#include "lab/yaml/source.h"
#include "lab/yaml/yaml.h"

namespace sni::manifest {

/// Adds an error at the first item that is too many, for each list of `document`, whose kind is
/// `kind`. Objects of other groups than the Gateway API's are not looked at.
void check_list_lengths(const yaml::Node& document, std::string_view kind, const Versions& versions,
                        yaml::Findings& findings);

}  // namespace sni::manifest
