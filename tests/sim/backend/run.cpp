#include "tests/sim/run.h"

#include <fmt/format.h>

#include "lab/backend/access_line.h"
#include "lab/net/current.h"
#include "tests/sim/backend/clients.h"
#include "tests/sim/backend/driver.h"
#include "tests/sim/backend/materials.h"
#include "tests/sim/backend/seeded.h"
#include "tests/sim/backend/setting.h"
#include "tests/sim/memory.h"
#include "tests/sim/setting.h"

namespace sni::sim {

namespace {

/// Made once: the pool of workers is only there because a service has one, and does nothing.
struct Beside {
    backend::WorkerPool workers{1};
};

Beside& beside() {
    static Beside one;
    return one;
}

Outcome play_once(Tape& tape, Flaw flaw, bool traced) {
    static_cast<void>(materials());
    Beside& made = beside();
    seed_openssl(1);
    Kernel kernel(tape, flaw, traced);
    BackendSetting setting(tape);
    setting.driver.flaw = flaw;
    HttpClients clients(tape, kernel, setting.weather);
    kernel.play(clients);
    // Whatever is kept of the time is of this run's, and so is what a writer remembers.
    static_cast<void>(web::AnswerWriter().head({}, {}));
    static_cast<void>(backend::access_line(backend::FailedHandshake{.peer = here()}));
    draw_http_clients(tape, kernel, setting, clients);
    Outcome outcome;
    const std::uint64_t refused_before = refusals();
    const std::int64_t held_before = pieces_held();
    {
        const web::AnswerWriter writer;
        backend::Activity activity;
        std::atomic<std::size_t> held = 0;
        backend::CurrentServing serving(materials().serving[0]);
        backend::Service service{
            .plain = setting.weather.plain,
            .serving = serving,
            .writer = writer,
            .workers = made.workers,
            .activity = activity,
            .limits = setting.weather.limits,
            .access_log =
                [&](std::string_view line) {
                    const NotTheProgram here;
                    clients.logged(line);
                },
            .fault = setting.weather.fault,
            .slow = std::chrono::floor<std::chrono::milliseconds>(setting.weather.slow),
            .accept_proxy = {},
            .held = held};
        if (setting.behind_proxy) service.accept_proxy.push_back(Cidr::parse("10.0.0.0/8").value());
        Driver driver(tape, kernel, clients, service, setting.driver,
                      net::Descriptor(kernel.make_listener(here())));
        clients.on_events({.stop = [&] { driver.stop(); },
                           .reload = [&] { serving.set(materials().serving[1]); },
                           .exceeds = [&] { return driver.exceeds(); }});
        kernel.set_shortage(setting.shortage);
        kernel.set_disorder(setting.disorder);
        driver.run();
        kernel.set_shortage(0);
        kernel.set_disorder(0);
        if (held != 0) kernel.wrong(fmt::format("{} bytes are still held", held.load()));
        clients.judge_end(activity);
    }
    if (kernel.open_files() > 0)
        kernel.wrong(fmt::format("descriptors are left: {}", kernel.names_of_open_files()));
    kernel.stop_playing();
    outcome.connections = clients.accepted();
    outcome.answers = clients.answers();
    outcome.bytes = clients.bytes();
    outcome.refusals = refusals() - refused_before;
    // The library that writes the heads of answers loses a piece when it is refused one.
    if (outcome.refusals == 0) outcome.pieces_left = pieces_held() - held_before;
    outcome.calls = kernel.calls();
    outcome.wrong = kernel.verdict();
    outcome.trace = kernel.trace();
    return outcome;
}

/// What is made once in a process is made before the first run, which else would be another one
/// than when it is played again.
void warm_up() {
    for (std::uint64_t seed = 0; seed < 40; ++seed) {
        Tape tape(seed);
        play_once(tape, Flaw::none, false);
    }
}

}  // namespace

Outcome run_backend(Tape& tape, Flaw flaw, bool traced) {
    static const bool warm = (warm_up(), true);
    (void)warm;
    return run_with(play_once, tape, flaw, traced);
}

}  // namespace sni::sim
