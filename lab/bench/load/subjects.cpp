#include "lab/bench/load/subjects.h"

#include <algorithm>
#include <fstream>
#include <thread>

#include <fmt/format.h>

#include "lab/bench/load/generator.h"
#include "lab/bench/load/machine.h"
#include "lab/core/codes.h"
#include "lab/core/encoding.h"

namespace sni::bench {

namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

std::string first_line_of(const std::vector<std::string>& command, const fs::path& scratch) {
    const std::string text = output_of(command, scratch);
    return text.substr(0, text.find('\n'));
}

Contestant missing(std::string name, std::string why) {
    return {.subject = {.name = std::move(name), .missing = std::move(why)}};
}

void add_haproxy(std::vector<Contestant>& all, unsigned cores, const fs::path& scratch) {
    const auto program = find_program("haproxy");
    if (!program) return all.push_back(missing("haproxy", "not installed"));
    const std::string version = first_line_of({*program, "-v"}, scratch);
    const auto set_up = [program](const Wiring& wiring) { return haproxy(wiring, *program); };
    all.push_back({{.name = "haproxy", .version = version}, cores, set_up});
    if (cores > 1) all.push_back({{.name = "haproxy-1t", .version = version}, 1, set_up});
}

void add_nginx(std::vector<Contestant>& all, unsigned cores, const fs::path& scratch) {
    const auto program = find_program("nginx");
    if (!program) return all.push_back(missing("nginx", "not installed"));
    const std::string built = output_of({*program, "-V"}, scratch);
    std::string module;
    if (built.find("--with-stream=dynamic") != std::string::npos) {
        constexpr std::string_view kFolder = "--modules-path=";
        const std::size_t at = built.find(kFolder);
        const std::size_t begin = at == std::string::npos ? 0 : at + kFolder.size();
        module = built.substr(begin, built.find_first_of(" \n", begin) - begin) +
                 "/ngx_stream_module.so";
        if (!fs::exists(module)) return all.push_back(missing("nginx", "no " + module));
    } else if (built.find("--with-stream") == std::string::npos) {
        return all.push_back(missing("nginx", "built without its stream module"));
    }
    const auto set_up = [program, module](const Wiring& wiring) {
        return nginx(wiring, *program, module);
    };
    all.push_back({{.name = "nginx", .version = built.substr(0, built.find('\n'))}, cores, set_up});
}

void add_sniproxy(std::vector<Contestant>& all, const fs::path& scratch) {
    const auto program = find_program("sniproxy");
    if (!program) return all.push_back(missing("sniproxy", "not installed"));
    all.push_back({{.name = "sniproxy", .version = first_line_of({*program, "-V"}, scratch)},
                   1,
                   [program](const Wiring& wiring) { return sniproxy(wiring, *program); }});
}

/// Not with many routes: a cluster for each of 100,000 takes it minutes to start.
void add_envoy(std::vector<Contestant>& all, unsigned cores, const fs::path& scratch) {
    const auto program = find_program("envoy");
    if (!program) return all.push_back(missing("envoy", "not installed"));
    const std::string text = output_of({*program, "--version"}, scratch);
    const std::size_t begin = text.find("version:");
    Contestant contestant{
        {.name = "envoy",
         .version = begin == std::string::npos
                        ? "unknown"
                        : text.substr(begin, text.find_first_of("\r\n", begin) - begin)},
        cores,
        [program](const Wiring& wiring) { return envoy(wiring, *program); }};
    std::erase(contestant.modes, Mode::routes);
    all.push_back(std::move(contestant));
}

void write_files(const Setup& setup, const fs::path& folder) {
    for (const auto& [name, content] : setup.files) {
        std::ofstream file(folder / name, std::ios::binary);
        file << content;
        file.close();
        if (!file) {
            throw Failure(Exit::machine, code::kCannotWrite,
                          fmt::format("\"{}\" cannot be written", (folder / name).string()));
        }
    }
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
    add_haproxy(all, cores, scratch);
    add_nginx(all, cores, scratch);
    add_sniproxy(all, scratch);
    add_envoy(all, cores, scratch);
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
    port_ = wiring.port = free_port();
    const Setup setup = contestant.set_up(wiring);
    const fs::path folder = wiring.folder;
    write_files(setup, folder);
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
