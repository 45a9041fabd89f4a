// What a container's command line says about the process: where it listens, and which certificate
// and key it serves. Knows gunicorn's flags, and those of servers that copy them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lab/manifest/manifest.h"
#include "lab/scenario/words.h"

namespace sni::scenario {

struct Process {
    struct Bind {
        std::uint16_t port = 0;
        bool loopback_only = false;
        Spot at;
    };
    bool gunicorn = false;
    std::vector<Bind> binds;
    std::optional<Text> cert_file;
    std::optional<Text> key_file;
};

/// Reads command and args together, the way Kubernetes runs them. What the shell or an environment
/// variable would still change is left out.
Process process_of(const Container& container);

}  // namespace sni::scenario
