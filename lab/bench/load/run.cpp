#include "lab/bench/load/run.h"

#include <algorithm>
#include <memory>
#include <thread>

#include <fmt/format.h>

#include "certs/files.h"
#include "lab/bench/load/generator.h"
#include "lab/bench/load/machine.h"
#include "lab/bench/load/stub.h"
#include "lab/bench/load/subjects.h"
#include "lab/core/codes.h"
#include "lab/net/descriptor_limit.h"

namespace sni::bench {

namespace {

using Seconds = std::chrono::duration<double>;

constexpr const char* kPlainName = "plain.bench.test";
constexpr const char* kTlsName = "tls.bench.test";
/// So many routes of a big table are asked for; each of their backends listens.
constexpr std::size_t kProbes = 256;
constexpr double kGiB = 1024.0 * 1024 * 1024;

/// 127.16.0.0 and on: every route of a big table has a backend of its own.
std::string host_of_route(std::size_t index) {
    return fmt::format("127.{}.{}.{}", 16 + (index >> 16), index >> 8 & 255, index & 255);
}

/// The routes that are asked for, spread over a table of `routes` and over both kinds.
std::vector<std::size_t> probes_of(std::size_t routes) {
    std::vector<std::size_t> probes;
    probes.reserve(std::min(kProbes, routes));
    for (std::size_t i = 0; i < std::min(kProbes, routes); ++i) {
        probes.push_back((i * 7919 + 3) % routes);
    }
    return probes;
}

/// The tenth that are wildcards have `label` in the place of their star.
std::string name_of_route(std::size_t index, std::string_view label) {
    return fmt::format("{}r{}.bench.test", index % 10 == 0 ? label : "", index);
}

std::vector<Destination> big_table(std::size_t routes, std::uint16_t port) {
    std::vector<Destination> table;
    table.reserve(routes);
    for (std::size_t i = 0; i < routes; ++i) {
        Endpoint backend = loopback(port);
        backend.host = host_of_route(i);
        table.push_back({name_of_route(i, "*."), backend});
    }
    return table;
}

/// What one drive of one subject cost.
struct Cost {
    Driven driven;
    Seconds router{0};
    Seconds total{0};
};

/// Each takes two descriptors in a router, and two in this process; listeners, pipes and logs want
/// some as well. Routers set memory aside for all that they may hold, so no more than is of use.
std::size_t connections_for(std::size_t descriptors) {
    const std::size_t others = std::min<std::size_t>(descriptors / 2, 1000);
    return std::min<std::size_t>((descriptors - others) / 2, 10'000);
}

class Bench {
  public:
    Bench(const Plan& plan, std::stop_token stop,
          const std::function<void(const std::string&)>& progress)
        : plan_(plan),
          stop_(std::move(stop)),
          progress_(progress),
          contestants_(
              find_contestants(plan.self, plan.other, plan.peers, scratch_.path() / "version")),
          stub_(probed_hosts(plan)) {
        report_.repetitions = plan.repetitions;
        report_.quick = plan.quick;
        report_.gates = plan.gates;
        report_.machine = this_machine();
        for (const Contestant& contestant : contestants_) {
            report_.subjects.push_back(contestant.subject);
        }
        std::erase_if(contestants_, [](const Contestant& c) { return !c.subject.missing.empty(); });
        for (const Mode mode : plan.modes) {
            report_.tables.push_back({.mode = mode, .load = load_of(mode, plan.quick), .rows = {}});
            for (const Contestant& contestant : contestants_) {
                if (takes_part(mode, contestant)) {
                    report_.tables.back().rows.push_back(
                        {contestant.subject.name, contestant.subject.kind,
                         std::vector<Sample>(plan.repetitions), contestant.subject.beside,
                         contestant.subject.contends});
                }
            }
        }
    }

    Report run() {
        const CpuTicks before = cpu_ticks();
        for (repetition_ = 0; repetition_ < plan_.repetitions; ++repetition_) {
            start_all();
            for (Table& table : report_.tables) {
                take_turns(table);
            }
            running_.clear();
        }
        report_.machine.steal = steal_since(before);
        return std::move(report_);
    }

  private:
    static std::vector<std::string> probed_hosts(const Plan& plan) {
        std::vector<std::string> hosts;
        if (std::ranges::find(plan.modes, Mode::routes) == plan.modes.end()) return hosts;
        for (const std::size_t index : probes_of(load_of(Mode::routes, plan.quick).routes)) {
            hosts.push_back(host_of_route(index));
        }
        return hosts;
    }

    /// Where there is no router there is no memory and no table of one.
    static bool takes_part(Mode mode, const Contestant& contestant) {
        if (!contestant.set_up) return mode != Mode::idle && mode != Mode::routes;
        return std::ranges::find(contestant.modes, mode) != contestant.modes.end();
    }

    void check_stop() const {
        if (!stop_.stop_requested()) return;
        throw Failure(Exit::machine, code::kBenchStopped,
                      "stopped before the end; there are no figures");
    }

    Destination tls_route() const { return {kTlsName, stub_.tls()}; }
    std::vector<Destination> two_routes() const {
        return {{kPlainName, stub_.plain()}, tls_route()};
    }

    /// Its first connection says one of the `hellos`; a real handshake where there is none.
    std::unique_ptr<Running> start(const Contestant& contestant, std::vector<Destination> routes,
                                   std::span<const std::string> hellos) {
        check_stop();
        const auto folder = scratch_.path() / contestant.subject.name;
        try {
            const Drive first{.hellos = hellos,
                              .tls_name = kTlsName,
                              .bytes = 64,
                              .limit = std::chrono::seconds(2)};
            return std::make_unique<Running>(contestant, std::move(routes), folder,
                                             max_connections_, first, stop_);
        } catch (const Failure& failure) {
            check_stop();
            const Diagnostic& first = failure.diagnostics().front();
            wrong(contestant, "start",
                  first.why.empty() ? first.message : first.message + ": " + first.why);
            return nullptr;
        }
    }

    void start_all() {
        running_.clear();
        for (const Contestant& contestant : contestants_) {
            const bool tls = only_handshakes(contestant);
            const std::vector<std::string> hellos = tls ? std::vector<std::string>() : plain_hello_;
            running_.push_back(
                start(contestant, tls ? std::vector{tls_route()} : two_routes(), hellos));
            if (!running_.back()) continue;
            // First uses of memory and code are nobody's cost of a connection.
            Drive drive = drive_for({.connections = 64, .concurrent = 8, .bytes = 64});
            drive.to = running_.back()->entry(tls ? stub_.tls() : stub_.plain());
            drive.hellos = hellos;
            drive.tls_name = kTlsName;
            generator_.run(drive, stop_);
        }
    }

    void take_turns(Table& table) {
        for (const std::size_t index : turn_order(contestants_.size(), repetition_)) {
            const Contestant& contestant = contestants_[index];
            const auto row = std::ranges::find(table.rows, contestant.subject.name, &Row::subject);
            if (row == table.rows.end() || !running_[index]) continue;
            check_stop();
            progress_(fmt::format("repetition {} of {}: {} {}", repetition_ + 1, plan_.repetitions,
                                  to_string(table.mode), contestant.subject.name));
            current_mode_ = to_string(table.mode);
            Sample sample = turn(table.mode, table.load, contestant, *running_[index]);
            check_stop();
            row->samples[repetition_] = std::move(sample);
        }
    }

    Sample turn(Mode mode, const Load& load, const Contestant& contestant, Running& running) {
        switch (mode) {
            case Mode::raw:
                return connections(load, contestant, running, plain_hello_);
            case Mode::handshake:
                return connections(load, contestant, running, {});
            case Mode::down1:
            case Mode::down16:
                return bulk(load, contestant, running, Ask::source);
            case Mode::up1:
            case Mode::up16:
                return bulk(load, contestant, running, Ask::sink);
            case Mode::pingpong:
                return pingpong(load, contestant, running);
            case Mode::idle:
                return idle(load, contestant);
            case Mode::routes:
                return routes(load, contestant);
        }
        return {};
    }

    Drive drive_for(const Load& load) const {
        return {.bytes = load.bytes,
                .rounds = std::max<std::size_t>(1, load.rounds),
                .connections = load.connections,
                .concurrent = load.concurrent,
                .limit = load.limit};
    }

    /// Drives through `running`, whose CPU counts from the first connection to the end of the last.
    Cost measure(Drive drive, const Contestant& contestant, const Running& running) {
        const auto router_before = running.cpu();
        const auto own_before = own_cpu();
        Cost cost{.driven = generator_.run(drive, stop_)};
        wait_for_closed();
        const auto own = own_cpu() - own_before;
        cost.router = running.settled_cpu() - router_before;
        cost.total = cost.router + own;
        for (const auto& [what, count] : cost.driven.errors) {
            wrong(contestant, current_mode_,
                  fmt::format("{} of {}: {}{}", count, drive.connections, what,
                              running.last_words()));
        }
        return cost;
    }

    static bool failed(const Cost& cost) { return !cost.driven.errors.empty(); }

    void wait_for_closed() const {
        for (int tries = 0; tries < 1000 && stub_.open() > 0 && !stop_.stop_requested(); ++tries) {
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
    }

    static Sample sample_of(Cost& cost, double units, double scale, bool router) {
        Sample sample;
        if (router) sample[Measure::cpu] = cost.router.count() * scale / units;
        sample[Measure::total] = cost.total.count() * scale / units;
        sample[Measure::rate] = units / cost.driven.seconds;
        if (const auto p50 = percentile(cost.driven.latency_ms, 0.5)) sample[Measure::p50] = *p50;
        if (const auto p99 = percentile(cost.driven.latency_ms, 0.99)) sample[Measure::p99] = *p99;
        return sample;
    }

    Sample connections(const Load& load, const Contestant& contestant, const Running& running,
                       std::span<const std::string> hellos) {
        Drive drive = drive_for(load);
        drive.to = running.entry(hellos.empty() ? stub_.tls() : stub_.plain());
        drive.hellos = hellos;
        drive.tls_name = kTlsName;
        Cost cost = measure(drive, contestant, running);
        if (failed(cost)) return {};
        return sample_of(cost, static_cast<double>(load.connections), 1e6, running.is_router());
    }

    Sample bulk(const Load& load, const Contestant& contestant, const Running& running, Ask ask) {
        Drive drive = drive_for(load);
        drive.to = running.entry(stub_.plain());
        drive.hellos = plain_hello_;
        drive.ask = ask;
        Cost cost = measure(drive, contestant, running);
        if (failed(cost)) return {};
        const double bytes = static_cast<double>(load.bytes * load.connections);
        return sample_of(cost, bytes / kGiB, 1, running.is_router());
    }

    Sample pingpong(const Load& load, const Contestant& contestant, const Running& running) {
        Drive drive = drive_for(load);
        drive.to = running.entry(stub_.plain());
        drive.hellos = plain_hello_;
        drive.ask = Ask::echo;
        Cost cost = measure(drive, contestant, running);
        if (failed(cost)) return {};
        return sample_of(cost, static_cast<double>(load.connections * load.rounds), 1e6,
                         running.is_router());
    }

    /// On a fresh process: memory that an earlier turn left would hide what a connection needs.
    Sample idle(const Load& load, const Contestant& contestant) {
        const auto running = start(contestant, two_routes(), plain_hello_);
        if (!running) return {};
        Drive drive = drive_for(load);
        drive.connections = std::min(load.connections, max_connections_);
        drive.to = running->entry(stub_.plain());
        drive.hellos = plain_hello_;
        drive.ask = Ask::echo;
        const std::uint64_t before = running->memory();
        std::uint64_t held = 0;
        drive.when_all_held = [&] { held = running->memory(); };
        const Cost cost = measure(drive, contestant, *running);
        if (failed(cost)) return {};
        const std::uint64_t after = running->memory();
        return {{Measure::memory, (static_cast<double>(held) - static_cast<double>(before)) /
                                      static_cast<double>(drive.connections)},
                {Measure::kept, (static_cast<double>(after) - static_cast<double>(before)) / 1024}};
    }

    Sample routes(const Load& load, const Contestant& contestant) {
        const auto one = routed(load, contestant, {{kPlainName, stub_.plain()}}, plain_hello_);
        const auto many = routed(load, contestant, big_table(load.routes, stub_.plain().port),
                                 probe_hellos(load.routes));
        if (!one || !many) return {};
        return {
            {Measure::cpu, many->cpu},
            {Measure::growth, many->cpu / one->cpu},
            {Measure::start, many->start},
            {Measure::memory, (many->memory - one->memory) / static_cast<double>(load.routes - 1)}};
    }

    struct Routed {
        double cpu;     ///< us of a connection
        double start;   ///< ms
        double memory;  ///< bytes before the load
    };

    /// A fresh process with this table.
    std::optional<Routed> routed(const Load& load, const Contestant& contestant,
                                 std::vector<Destination> table,
                                 std::span<const std::string> hellos) {
        const auto running = start(contestant, std::move(table), hellos.first(1));
        if (!running) return std::nullopt;
        const double memory = static_cast<double>(running->memory());
        Drive drive = drive_for(load);
        drive.to = running->entry(stub_.plain());
        drive.hellos = hellos;
        const Cost cost = measure(drive, contestant, *running);
        if (failed(cost)) return std::nullopt;
        return Routed{
            .cpu = cost.router.count() * 1e6 / static_cast<double>(load.connections),
            .start = std::chrono::duration<double, std::milli>(running->start_time()).count(),
            .memory = memory};
    }

    const std::vector<std::string>& probe_hellos(std::size_t routes) {
        if (probe_hellos_.empty()) {
            for (const std::size_t index : probes_of(routes)) {
                probe_hellos_.push_back(hello_for(name_of_route(index, "any.")));
            }
        }
        return probe_hellos_;
    }

    void wrong(const Contestant& contestant, const std::string& mode, const std::string& what) {
        report_.errors.push_back(fmt::format("{}, {}, repetition {}: {}", contestant.subject.name,
                                             mode, repetition_ + 1, what));
    }

    const Plan& plan_;
    std::stop_token stop_;
    const std::function<void(const std::string&)>& progress_;
    std::size_t max_connections_ = connections_for(net::raise_descriptor_limit().now);
    certs::PrivateFolder scratch_{"sni-lab-bench"};
    std::vector<Contestant> contestants_;
    Stub stub_;
    Generator generator_;
    std::vector<std::string> plain_hello_{hello_for(kPlainName)};
    std::vector<std::string> probe_hellos_;
    std::vector<std::unique_ptr<Running>> running_;
    std::size_t repetition_ = 0;
    std::string current_mode_;
    Report report_;
};

/// A router that runs already: rates and latencies only.
Report run_gateway(const Plan& plan, const Endpoint& gateway, const std::stop_token& stop,
                   const std::function<void(const std::string&)>& progress) {
    const std::string name = to_string(gateway);
    Report report{.machine = this_machine(),
                  .repetitions = plan.repetitions,
                  .quick = plan.quick,
                  .subjects = {{.name = name, .kind = Kind::gateway, .version = plan.sni}},
                  .tables = {},
                  .gates = {},
                  .errors = {}};
    for (const Mode mode : plan.modes) {
        report.tables.push_back(
            {.mode = mode, .load = load_of(mode, plan.quick), .rows = {{name, Kind::gateway, {}}}});
    }
    net::raise_descriptor_limit();
    Generator generator;
    const std::vector<std::string> hello{hello_for(plan.sni)};
    const CpuTicks before = cpu_ticks();
    for (std::size_t repetition = 0; repetition < plan.repetitions; ++repetition) {
        for (Table& table : report.tables) {
            progress(fmt::format("repetition {} of {}: {}", repetition + 1, plan.repetitions,
                                 to_string(table.mode)));
            Drive drive{.to = gateway,
                        .hellos = {},
                        .tls_name = plan.sni,
                        .to_stub = false,
                        .connections = table.load.connections,
                        .concurrent = table.load.concurrent,
                        .limit = table.load.limit,
                        .when_all_held = {}};
            if (table.mode == Mode::raw) drive.hellos = hello;
            Driven driven = generator.run(drive, stop);
            if (stop.stop_requested()) {
                throw Failure(Exit::machine, code::kBenchStopped,
                              "stopped before the end; there are no figures");
            }
            for (const auto& [what, count] : driven.errors) {
                report.errors.push_back(fmt::format("{}, {}, repetition {}: {} of {}: {}", name,
                                                    to_string(table.mode), repetition + 1, count,
                                                    drive.connections, what));
            }
            Sample sample;
            if (driven.errors.empty()) {
                sample[Measure::rate] = static_cast<double>(driven.done) / driven.seconds;
                sample[Measure::p50] = percentile(driven.latency_ms, 0.5).value_or(0);
                sample[Measure::p99] = percentile(driven.latency_ms, 0.99).value_or(0);
            }
            table.rows.front().samples.push_back(std::move(sample));
        }
    }
    report.machine.steal = steal_since(before);
    return report;
}

}  // namespace

Report run(const Plan& plan, std::stop_token stop,
           const std::function<void(const std::string&)>& progress) {
    if (plan.gateway) return run_gateway(plan, *plan.gateway, stop, progress);
    return Bench(plan, std::move(stop), progress).run();
}

}  // namespace sni::bench
