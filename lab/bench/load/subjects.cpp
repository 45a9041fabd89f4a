#include "lab/bench/load/subjects.h"

#include <algorithm>
#include <thread>

#include <fmt/format.h>

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

struct Measured {
    peers::Product product;
    SetUp set_up;
    bool threads = true;  ///< it has more than one, if it is told
    bool routes = true;   ///< a table of 100,000 does not take it minutes to start
};
constexpr Measured kMeasured[] = {
    {peers::Product::haproxy,
     [](const Wiring& wiring, const peers::Program& at) { return haproxy(wiring, at.path); }},
    {peers::Product::nginx,
     [](const Wiring& wiring, const peers::Program& at) {
         return nginx(wiring, at.path, at.module);
     }},
    {.product = peers::Product::sniproxy,
     .set_up = [](const Wiring& wiring,
                  const peers::Program& at) { return sniproxy(wiring, at.path); },
     .threads = false},
    {.product = peers::Product::envoy,
     .set_up = [](const Wiring& wiring,
                  const peers::Program& at) { return envoy(wiring, at.path); },
     .routes = false}};

Contestant contestant_of(const Measured& measured, peers::Program program, std::string name,
                         unsigned cores) {
    Contestant peer{.subject = {.name = std::move(name), .version = program.said},
                    .threads = measured.threads ? cores : 1,
                    .set_up = [set_up = measured.set_up, at = std::move(program)](
                                  const Wiring& wiring) { return set_up(wiring, at); }};
    if (!measured.routes) std::erase(peer.modes, Mode::routes);
    return peer;
}

/// HAProxy is often best on one thread: it is measured so, too.
void add_peer(std::vector<Contestant>& all, const Measured& measured, Contestant peer,
              unsigned cores) {
    all.push_back(std::move(peer));
    if (measured.product != peers::Product::haproxy || cores == 1) return;
    Contestant alone = all.back();
    alone.subject.name += "-1t";
    alone.threads = 1;
    all.push_back(std::move(alone));
}

void add_installed(std::vector<Contestant>& all, unsigned cores, const fs::path& scratch) {
    for (const Measured& measured : kMeasured) {
        auto program = peers::find(measured.product, {}, scratch);
        if (!program) {
            all.push_back(missing(measured.product, program.error()));
            continue;
        }
        std::string name(to_string(measured.product));
        add_peer(all, measured,
                 contestant_of(measured, std::move(*program), std::move(name), cores), cores);
    }
}

void add_more(std::vector<Contestant>& all, const std::vector<PeerAt>& more, unsigned cores,
              const fs::path& scratch) {
    for (const PeerAt& one : more) {
        const auto measured = std::ranges::find(kMeasured, one.product, &Measured::product);
        auto program = peers::find(one.product, one.path, scratch);
        const std::string name = fs::path(one.path).filename().string();
        const bool taken = std::ranges::any_of(
            all, [&](const Contestant& other) { return other.subject.name == name; });
        if (!program || taken) {
            throw Failure(Exit::usage, code::kBenchSubject,
                          fmt::format("{} cannot be measured", printable(one.path)),
                          taken ? fmt::format("another one is called {}, too", printable(name))
                                : printable(program.error()),
                          "--peer PRODUCT=FILE takes a program, called as its file is");
        }
        add_peer(all, *measured, contestant_of(*measured, std::move(*program), name, cores), cores);
    }
}

/// Whether one connection gets its answer.
bool answers(const Drive& first, const std::stop_token& stop) {
    Generator generator;
    return generator.run(first, stop).done == 1;
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
    if (cores > 1) {
        variant("ours-1t", "on one thread", 1, as_ours, relaying);
        all.back().subject.contends = true;
    }
    variant("ours-log", "with its access log on", cores,
            [self](const Wiring& wiring) {
                Setup setup = ours(wiring, self);
                setup.command.insert(setup.command.end(),
                                     {"--access-log", wiring.folder + "/access.log"});
                return setup;
            },
            {Mode::raw, Mode::handshake});
    variant("ours-copy", "without splice(2)", cores,
            [self](const Wiring& wiring) { return copying(wiring, self); },
            {Mode::down1, Mode::down16, Mode::up1, Mode::up16});
    const auto as_witness = [self](const Wiring& wiring) { return witness(wiring, self); };
    variant(
        "witness", "a witness in its place, which copies and digests", cores, as_witness,
        {Mode::raw, Mode::down1, Mode::down16, Mode::up1, Mode::up16, Mode::pingpong, Mode::idle});
    all.back().subject.beside = "ours-copy";
    variant("witness-tls", "the same before a TLS backend", cores, as_witness, {Mode::handshake});
    if (other.empty()) return;
    variant("other", other, cores, [other](const Wiring& wiring) { return ours(wiring, other); },
            {std::begin(kModes), std::end(kModes)});
}

}  // namespace

bool is_measured(peers::Product product) {
    return std::ranges::find(kMeasured, product, &Measured::product) != std::end(kMeasured);
}

std::vector<Contestant> find_contestants(const std::string& self, const std::string& other,
                                         const std::vector<PeerAt>& more, const fs::path& scratch) {
    const unsigned cores = this_machine().cores;
    std::vector<Contestant> all;
    all.push_back({{.name = "direct", .kind = Kind::direct, .version = "no router"}, 1, {}});
    const auto our_setup = [self](const Wiring& wiring) { return ours(wiring, self); };
    all.push_back({{.name = "ours", .kind = Kind::ours, .version = "this sni-lab's router"},
                   cores,
                   our_setup});
    add_variants(all, self, other, cores);
    add_installed(all, cores, scratch);
    add_more(all, more, cores, scratch);
    return all;
}

bool only_handshakes(const Contestant& contestant) {
    return contestant.modes == std::vector{Mode::handshake};
}

Running::Running(const Contestant& contestant, std::vector<Destination> routes,
                 const fs::path& folder, std::size_t max_connections, Drive first,
                 const std::stop_token& stop) {
    if (!contestant.set_up) return;
    fs::create_directories(folder);
    const Wiring wiring{.routes = std::move(routes),
                        .folder = folder.string(),
                        .threads = contestant.threads,
                        .max_connections = max_connections};
    // Somebody may take the free port before the router does.
    for (int tries = 0; tries < 3; ++tries) {
        if (try_start(contestant, wiring, first, stop)) return;
        if (stop.stop_requested()) break;
    }
    throw Failure(Exit::machine, code::kBenchSubject,
                  fmt::format("{} does not answer", contestant.subject.name),
                  child_ ? printable(child_->last_words()) : "");
}

bool Running::try_start(const Contestant& contestant, Wiring wiring, Drive first,
                        const std::stop_token& stop) {
    port_ = wiring.port = peers::free_port();
    first.to = loopback(port_);
    const Setup setup = contestant.set_up(wiring);
    const fs::path folder = wiring.folder;
    peers::write_files(setup, folder);
    const Clock::time_point start = Clock::now();
    child_.reset();
    child_.emplace(setup.command, folder / "output");
    while (child_->running() && !stop.stop_requested() &&
           Clock::now() - start < std::chrono::seconds(20)) {
        if (answers(first, stop)) {
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
