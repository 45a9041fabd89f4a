#include "cli/certgen.h"

#include <algorithm>
#include <future>
#include <memory>
#include <optional>
#include <ostream>
#include <thread>
#include <utility>

#include <CLI/App.hpp>
#include <fmt/format.h>

#include "certs/clock.h"
#include "certs/inspect.h"
#include "certs/issue.h"
#include "certs/store.h"
#include "cli/authority.h"
#include "cli/certgen_recipes.h"
#include "cli/certgen_report.h"
#include "cli/certgen_requests.h"
#include "cli/flags.h"
#include "cli/lab_record.h"
#include "cli/trust.h"
#include "lab/core/codes.h"
#include "lab/core/encoding.h"
#include "lab/core/shell_quote.h"

namespace sni::cli {

namespace {

namespace fs = std::filesystem;
using std::chrono::sys_seconds;

constexpr std::size_t kMany = 50;  ///< certificates that take long enough to be told of before

/// One for each request, in its order. A key costs some time, so every core makes its share.
std::vector<certs::CertBundle> issue_all(const std::vector<certs::CertRequest>& requests,
                                         const certs::CertBundle* authority) {
    const std::size_t shares =
        std::min<std::size_t>(requests.size(), std::max(1u, std::thread::hardware_concurrency()));
    std::vector<std::future<std::vector<certs::CertBundle>>> workers;
    workers.reserve(shares);
    for (std::size_t first = 0; first < shares; ++first) {
        workers.push_back(std::async(std::launch::async, [&, first] {
            std::vector<certs::CertBundle> share;
            share.reserve(requests.size() / shares + 1);
            for (std::size_t i = first; i < requests.size(); i += shares) {
                share.push_back(certs::issue(requests[i], authority));
            }
            return share;
        }));
    }
    for (const auto& worker : workers) {
        worker.wait();
    }
    std::vector<std::vector<certs::CertBundle>> made;
    made.reserve(shares);
    for (auto& worker : workers) {
        made.push_back(worker.get());  // what went wrong there goes wrong here
    }
    std::vector<certs::CertBundle> bundles;
    bundles.reserve(requests.size());
    for (std::size_t i = 0; i < requests.size(); ++i) {
        bundles.push_back(std::move(made[i % shares][i / shares]));
    }
    return bundles;
}

/// Folders made for this run, taken away again when it comes to nothing.
class MadeFolders {
  public:
    explicit MadeFolders(const fs::path& folder) : made_(certs::make_private_folder(folder)) {}
    ~MadeFolders() {
        std::error_code ignored;
        for (auto path = made_.rbegin(); path != made_.rend(); ++path) {
            fs::remove(*path, ignored);  // only when empty
        }
    }
    MadeFolders(const MadeFolders&) = delete;
    MadeFolders& operator=(const MadeFolders&) = delete;
    void keep() { made_.clear(); }

  private:
    std::vector<fs::path> made_;
};

/// Keys in a folder that others may write can be taken away, and others put in their place. Where
/// the sticky bit is set (/tmp) only their owner does that.
void warn_of_folder(const fs::path& folder, std::ostream& err) {
    auto trouble = distrust(folder);
    std::error_code none;
    const bool sticky =
        (fs::status(folder, none).permissions() & fs::perms::sticky_bit) != fs::perms::none;
    if (!trouble || sticky) return;
    trouble->why = "who may write it can put other keys in the place of yours";
    trouble->hint = "write to a folder of your own with --out DIR";
    err << render(*trouble);
}

constexpr std::string_view kTutorial = "passthrough";

bool serves_one_of(const LabRecord& lab, const CertgenReport& report) {
    return std::ranges::any_of(report.pairs, [&](const IssuedPair& pair) {
        return std::ranges::find(lab.backends, fs::absolute(pair.paths.cert).string(),
                                 &BackendRecord::cert_file) != lab.backends.end();
    });
}

/// The one that is asked for, else the one that runs with these certificates, else the tutorial
/// where its pair was made, as a word of a shell; empty: none is known to want them.
std::string scenario_to_start(const CertgenOptions& options, const CertgenReport& report) {
    if (!options.scenario.empty()) return shell_quoted(options.scenario);
    const auto lab = lab_is_alive(options.state) ? readable_record(options.state) : std::nullopt;
    if (lab && serves_one_of(*lab, report)) return lab->scenario_word();
    const bool tutorial = std::ranges::any_of(
        report.pairs, [](const IssuedPair& one) { return one.name == kTutorialName; });
    return tutorial ? std::string(kTutorial) : "";
}

/// What to type next: the lab when it will find the pair by itself, else the part that uses it.
std::string next_command(const CertgenOptions& options, const CertgenReport& report) {
    const IssuedPair& pair = report.pairs.front();
    if (pair.purpose == certs::Purpose::client) {
        const fs::path& trusted =
            report.authority.empty() ? pair.paths.cert : report.authority.front().paths.cert;
        return fmt::format(
            "sni-lab backend --listen 127.0.0.1:8443 --cert CERT --key KEY --client-ca {} "
            "--client-cert required",
            shell_quoted(trusted.native()));
    }
    const bool in_state =
        report.folder.lexically_normal() == certs_folder(options.state).lexically_normal();
    const std::string scenario = in_state ? scenario_to_start(options, report) : "";
    if (!scenario.empty()) {
        const std::string state = state_flag(options.state);
        const std::string up =
            fmt::format("sni-lab up{}{}", scenario == kTutorial ? "" : " " + scenario, state);
        // A lab that runs keeps the pairs that it started with.
        return lab_is_alive(options.state) ? fmt::format("sni-lab down{} && {}", state, up) : up;
    }
    return fmt::format("sni-lab backend --listen 127.0.0.1:8443 --cert {} --key {}",
                       shell_quoted(pair.paths.cert.native()),
                       shell_quoted(pair.paths.key.native()));
}

IssuedPair issued(std::string name, certs::PairPaths paths, const std::string& pem,
                  const certs::CertRequest& request) {
    return {.name = std::move(name),
            .paths = std::move(paths),
            .facts = certs::inspect(pem)->front(),
            .purpose = request.purpose,
            .cn_only = request.cn_only};
}

}  // namespace

Exit run_certgen(const CertgenOptions& options, Streams io) {
    if (!options.recipes.empty()) return run_recipes(options, io);
    const sys_seconds now = options.now();
    const std::vector<certs::CertRequest> requests = requests_of(options, now);
    CertgenReport report{.folder = options.out.empty() ? certs_folder(options.state) : options.out,
                         .now = now};
    for (const certs::CertRequest& request : requests) {
        if (options.force) break;
        certs::refuse_existing(certs::pair_paths(report.folder, request.names.front()));
    }

    MadeFolders folders(report.folder);
    warn_of_folder(report.folder, io.err);
    std::vector<certs::NamedBundle> bundles;
    // Held from the look for a CA to the writing, so that of two that find none only one makes it.
    const certs::FolderLock lock(report.folder);
    std::optional<Authority> authority;
    if (options.authority) {
        authority = authority_in(report.folder, lock, now);
        const auto warning = certs::exposed(certs::pair_paths(report.folder, kAuthorityName).key);
        if (warning && !authority->is_new) io.err << render(*warning);
    }
    if (authority) {
        report.authority_is_new = authority->is_new;
        report.authority.push_back({.name = std::string(kAuthorityName),
                                    .paths = certs::pair_paths(report.folder, kAuthorityName),
                                    .facts = certs::inspect(authority->bundle.cert_pem)->front(),
                                    .purpose = certs::Purpose::authority});
    }
    if (requests.size() >= kMany) {
        io.err << fmt::format("making {} keys; --key ec:p256 is fastest, --one makes one for all\n",
                              requests.size());
    }
    std::vector<certs::CertBundle> made =
        issue_all(requests, authority ? &authority->bundle : nullptr);
    for (std::size_t i = 0; i < requests.size(); ++i) {
        const std::string& name = requests[i].names.front();
        bundles.push_back({name, std::move(made[i])});
        report.pairs.push_back(issued(name, certs::pair_paths(report.folder, name),
                                      bundles.back().bundle.cert_pem, requests[i]));
    }

    if (authority && authority->is_new) {
        bundles.push_back({std::string(kAuthorityName), authority->bundle});
    }
    certs::write_pairs(report.folder, bundles, options.force, &lock);
    folders.keep();

    report.next = next_command(options, report);
    io.out << (options.json ? to_json(report) : to_text(report));
    return Exit::yes;
}

void add_certgen(CLI::App& app, Action& chosen) {
    auto options = std::make_shared<CertgenOptions>();
    options->now = wall_clock;
    CLI::App* cmd = add_command(app, "certgen", "Make certificates and keys for the lab");
    cmd->add_option("name", options->names,
                    "Host names and IP addresses, one pair for each (default: the tutorial's own "
                    "certificate, CN=httpbin.example.com, O=myorg)");
    cmd->add_option("--org", options->organization, "Organization (O) of the subject")
        ->type_name("NAME");
    cmd->add_option("--san", options->sans, "One more DNS name or IP address, in each certificate")
        ->type_name("NAME|ADDRESS")
        ->allow_extra_args(false);  // each --san takes one, and NAME may follow
    cmd->add_flag("--one", options->one, "One certificate with all the names, for the first one");
    cmd->add_option("--days", options->days, "Valid for so many days (default: 365)")
        ->type_name("N");
    cmd->add_option("--not-before", options->not_before,
                    "Valid from: 2026-11-22, 2026-11-22T07:48:01Z (UTC), -10d (default: an hour "
                    "ago, for clocks that are behind)")
        ->type_name("TIME");
    cmd->add_option("--key", options->key,
                    "rsa:2048, rsa:3072, rsa:4096, ec:p256, ec:p384 or ed25519 (default: "
                    "rsa:2048)")
        ->type_name("TYPE");
    cmd->add_flag("--ca", options->authority,
                  "Sign with the lab CA beside the certificates; make it if there is none");
    cmd->add_flag("--client", options->client, "Client certificates");
    cmd->add_flag("--cn-only", options->cn_only,
                  "Exactly what the tutorial's openssl line makes: no SAN");
    cmd->add_option("--recipe", options->recipes,
                    "Certificates that must fail, freshly made: expired, not-yet-valid, "
                    "wrong-name, weak-key, no-san; several with commas")
        ->type_name("NAME")
        ->delimiter(',')
        ->allow_extra_args(false)
        ->excludes("--ca", "--client", "--cn-only", "--days", "--not-before", "--key", "--san",
                   "--one");
    cmd->add_option("--scenario", options->scenario,
                    "Every Secret that this scenario needs, but for those that its lab.yaml makes")
        ->type_name("NAME")
        ->excludes("--recipe")
        ->excludes("--one");
    cmd->add_option("--out", options->out, "Folder to write to (default: STATE/certs)")
        ->type_name("DIR");
    add_state(*cmd, options->state);
    cmd->add_flag("--force", options->force, "Replace a key and certificate that are there");
    cmd->add_flag("--json", options->json, "Say what was made as JSON");
    cmd->footer("Example: sni-lab certgen httpbin.example.com --san 127.0.0.1 --key ec:p256");
    cmd->callback([options, &chosen] {
        chosen = [options](Streams io) {
            options->secrets_of = [&io](const std::string& scenario) {
                return secrets_of_scenario(scenario, io.err);
            };
            return run_certgen(*options, io);
        };
    });
}

}  // namespace sni::cli
