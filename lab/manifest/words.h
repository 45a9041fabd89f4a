// The words of lab/yaml that every value of a manifest is made of.
#pragma once

#include "lab/yaml/source.h"

namespace sni::manifest {

using yaml::File;
using yaml::Findings;
using yaml::Labels;
using yaml::Located;
using yaml::Number;
using yaml::place_of;
using yaml::quote;
using yaml::Spot;
using yaml::Text;

}  // namespace sni::manifest
