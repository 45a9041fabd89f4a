// What yaml-cpp objects to, in sentences that help whoever wrote the file. Private to yaml.cpp.
#pragma once

#include <yaml-cpp/exceptions.h>

#include "lab/yaml/yaml_builder.h"

namespace sni::yaml {

/// `builder` is what saw the document up to `error`.
void report(const YAML::Exception& error, int file, Chunk chunk, Builder& builder,
            Findings& findings);

}  // namespace sni::yaml
