// The settings of a run, and who takes part in it: all drawn from its tape.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "lab/router/router.h"
#include "lab/router/table.h"
#include "tests/sim/tape.h"
#include "tests/sim/world.h"

namespace sni::sim {

/// Where the router listens.
Endpoint here();

struct Setting {
    explicit Setting(Tape& tape);
    Deadlines deadlines() const;

    bool calm;
    bool non_tls;
    bool watched;
    bool witnessed;
    bool behind_proxy;
    std::size_t pipes;
    std::size_t quota;
    std::uint32_t shortage = 0;
    std::uint32_t memory = 0;
    std::uint32_t disorder = 0;
    router::Options options;
    Peers::Manners manners;
};

/// The routes at first, and after a reload.
std::shared_ptr<const router::Table> first_routes(const Setting& setting);
std::shared_ptr<const router::Table> new_routes(const Setting& setting);

/// Adds them to `peers`, with what is right for each.
void draw_clients(Tape& tape, const Setting& setting, Peers& peers);

}  // namespace sni::sim
