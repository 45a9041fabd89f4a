// The setting of a run of the backend's sessions, and who takes part in it: all drawn from its
// tape.
#pragma once

#include <optional>

#include "tests/sim/backend/clients.h"
#include "tests/sim/backend/driver.h"
#include "tests/sim/tape.h"

namespace sni::sim {

struct BackendSetting {
    explicit BackendSetting(Tape& tape);

    Weather weather;
    Driver::Setting driver;
    bool behind_proxy = false;
    std::uint32_t shortage = 0;
    std::uint32_t disorder = 0;
    bool resets = false;
    bool stalls = false;
    std::uint64_t window = 0;
    std::uint64_t room = 0;
};

/// Adds them to `clients`, with what is right for each; lets time pass.
void draw_http_clients(Tape& tape, Kernel& kernel, const BackendSetting& setting,
                       HttpClients& clients);

}  // namespace sni::sim
