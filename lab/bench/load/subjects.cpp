#include "lab/bench/load/subjects.h"

#include <algorithm>
#include <thread>

#include <fmt/format.h>

#include "lab/bench/load/generator.h"
#include "lab/bench/load/machine.h"
#include "lab/core/codes.h"
#include "lab/core/encoding.h"
#include "lab/peers/live/program.h"

namespace sni::bench {

namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

Contestant missing(peers::Product product, std::string why) {
    return {.subject = {.name = std::string(to_string(product)), .missing = std::move(why)}};
}

/// How one is set up for a wiring, by where it is.
using SetUp = Setup (*)(const Wiring&, const peers::Program&);

/// Adds it, or why it is missing; null for that.
Contestant* add_peer(std::vector<Contestant>& all, peers::Product product, SetUp set_up,
                     unsigned cores, const fs::path& scratch) {
    const auto program = peers::find(product, {}, scratch);
    if (!program) {
        all.push_back(missing(product, program.error()));
        return nullptr;
    }
    return &all.emplace_back(
        Contestant{{.name = std::string(to_string(product)), .version = program->said},
                   cores,
                   [set_up, at = *program](const Wiring& wiring) { return set_up(wiring, at); }});
}

void add_peers(std::vector<Contestant>& all, unsigned cores, const fs::path& scratch) {
    using peers::Product;
    using peers::Program;
    const auto as_haproxy = [](const Wiring& wiring, const Program& at) {
        return haproxy(wiring, at.path);
    };
    const Contestant* const found = add_peer(all, Product::haproxy, as_haproxy, cores, scratch);
    if (found && cores > 1) {
        Contestant alone = *found;
        alone.subject.name += "-1t";
        alone.threads = 1;
        all.push_back(std::move(alone));
    }
    add_peer(
        all, Product::nginx,
        [](const Wiring& wiring, const Program& at) { return nginx(wiring, at.path, at.module); },
        cores, scratch);
    add_peer(
        all, Product::sniproxy,
        [](const Wiring& wiring, const Program& at) { return sniproxy(wiring, at.path); }, 1,
        scratch);
    Contestant* const envoys = add_peer(
        all, Product::envoy,
        [](const Wiring& wiring, const Program& at) { return envoy(wiring, at.path); }, cores,
        scratch);
    // Not with many routes: a cluster for each of 100,000 takes it minutes to start.
    if (envoys) std::erase(envoys->modes, Mode::routes);
}

/// Whether a hello and a command get their answer.
bool answers(const Endpoint& at, const std::string& hello, const std::stop_token& stop) {
    Generator generator;
    const Drive drive{
        .to = at, .hellos = {&hello, 1}, .bytes = 64, .limit = std::chrono::seconds(2)};
    return generator.run(drive, stop).done == 1;
}

void add_variants(std::vector<Contestant>& all, const std::string& self, const std::string& other,
                  unsigned cores) {
    const auto variant = [&](std::string name, std::string what, unsigned threads,
                             std::function<Setup(const Wiring&)> set_up, std::vector<Mode> modes) {
        all.push_back({{.name = std::move(name), .kind = Kind::variant, .version = std::move(what)},
                       threads,
                       std::move(set_up),
                       std::move(modes)});
    };
    const std::vector<Mode> relaying = {Mode::raw, Mode::handshake, Mode::down1,   Mode::down16,
                                        Mode::up1, Mode::up16,      Mode::pingpong};
    const auto as_ours = [self](const Wiring& wiring) { return ours(wiring, self); };
    variant("ours-again", "the same once more: what noise is", cores, as_ours, relaying);
    if (cores > 1) variant("ours-1t", "on one thread", 1, as_ours, relaying);
    variant("ours-log", "with its access log on", cores,
            [self](const Wiring& wiring) {
                Setup setup = ours(wiring, self);
                setup.command.insert(setup.command.end(),
                                     {"--access-log", wiring.folder + "/access.log"});
                return setup;
            },
            {Mode::raw, Mode::handshake});
    variant(
        "witness", "a witness in its place, which copies and digests", cores,
        [self](const Wiring& wiring) { return witness(wiring, self); },
        {Mode::raw, Mode::down1, Mode::down16, Mode::up1, Mode::up16, Mode::pingpong, Mode::idle});
    if (other.empty()) return;
    variant("other", other, cores, [other](const Wiring& wiring) { return ours(wiring, other); },
            {std::begin(kModes), std::end(kModes)});
}

}  // namespace

std::vector<Contestant> find_contestants(const std::string& self, const std::string& other,
                                         const fs::path& scratch) {
    const unsigned cores = this_machine().cores;
    std::vector<Contestant> all;
    all.push_back({{.name = "direct", .kind = Kind::direct, .version = "no router"}, 1, {}});
    const auto our_setup = [self](const Wiring& wiring) { return ours(wiring, self); };
    all.push_back({{.name = "ours", .kind = Kind::ours, .version = "this sni-lab's router"},
                   cores,
                   our_setup});
    add_variants(all, self, other, cores);
    add_peers(all, cores, scratch);
    return all;
}

Running::Running(const Contestant& contestant, std::vector<Destination> routes,
                 const fs::path& folder, std::size_t max_connections, const std::string& hello,
                 const std::stop_token& stop) {
    if (!contestant.set_up) return;
    fs::create_directories(folder);
    const Wiring wiring{.routes = std::move(routes),
                        .folder = folder.string(),
                        .threads = contestant.threads,
                        .max_connections = max_connections};
    // Somebody may take the free port before the router does.
    for (int tries = 0; tries < 3; ++tries) {
        if (try_start(contestant, wiring, hello, stop)) return;
        if (stop.stop_requested()) break;
    }
    throw Failure(Exit::machine, code::kBenchSubject,
                  fmt::format("{} does not answer", contestant.subject.name),
                  child_ ? printable(child_->last_words()) : "");
}

bool Running::try_start(const Contestant& contestant, Wiring wiring, const std::string& hello,
                        const std::stop_token& stop) {
    port_ = wiring.port = peers::free_port();
    const Setup setup = contestant.set_up(wiring);
    const fs::path folder = wiring.folder;
    peers::write_files(setup, folder);
    const Clock::time_point start = Clock::now();
    child_.reset();
    child_.emplace(setup.command, folder / "output");
    while (child_->running() && !stop.stop_requested() &&
           Clock::now() - start < std::chrono::seconds(20)) {
        if (answers(loopback(port_), hello, stop)) {
            start_time_ = Clock::now() - start;
            return child_->running();
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return false;
}

std::chrono::nanoseconds Running::cpu() const {
    return child_ ? child_->cpu() : std::chrono::nanoseconds(0);
}

std::chrono::nanoseconds Running::settled_cpu() const {
    // The last connection's end is still its work; what it does when idle is not.
    std::chrono::nanoseconds used = cpu();
    for (int tries = 0; tries < 20; ++tries) {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
        const std::chrono::nanoseconds now = cpu();
        if (now == used) break;
        used = now;
    }
    return used;
}

std::string Running::last_words() const {
    const std::string words = child_ ? child_->last_words() : "";
    return words.empty() ? "" : fmt::format(" ({})", printable(words));
}

}  // namespace sni::bench
