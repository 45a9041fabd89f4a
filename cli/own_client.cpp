#include "cli/own_client.h"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <mutex>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "certs/files.h"
#include "cli/child.h"
#include "lab/client/tls_client.h"
#include "lab/core/codes.h"
#include "lab/core/encoding.h"
#include "lab/proof/key_logs.h"
#include "lab/route/route_table.h"
#include "lab/router/router.h"
#include "lab/session/exporter_secret.h"

namespace sni::cli {

namespace {

/// A client may print a page around the statement.
constexpr std::size_t kMostOutput = 1u << 20;

/// 0700, and gone with what is in it.
class PrivateFolder {
  public:
    PrivateFolder() {
        std::string pattern = std::filesystem::temp_directory_path() / "sni-lab-XXXXXX";
        if (::mkdtemp(pattern.data()) == nullptr) {
            throw Failure(Exit::machine, code::kCannotWrite, "no private folder could be made",
                          std::strerror(errno), "is TMPDIR writable?");
        }
        path_ = pattern;
    }
    ~PrivateFolder() {
        std::error_code none;
        std::filesystem::remove_all(path_, none);
    }
    PrivateFolder(const PrivateFolder&) = delete;
    PrivateFolder& operator=(const PrivateFolder&) = delete;

    const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

/// Stands on the client's way to see how it says hello, as the router that it is.
class Onlooker {
  public:
    explicit Onlooker(const Endpoint& to) : router_(everything(to), options()) {}

    Endpoint listening() const { return router_.listening().front(); }
    /// Of the first hello that passed; when the client is done.
    std::optional<std::string> ja4() {
        router_.stop(std::chrono::milliseconds(100));
        const std::lock_guard lock(mutex_);
        return ja4_;
    }

  private:
    static route::RouteTable everything(const Endpoint& to) {
        return route::RouteTable({route::parse_route("*=" + to_string(to)).value()});
    }
    router::Options options() {
        router::Options options;
        options.listen = {loopback(0)};
        options.threads = 1;
        options.fingerprint = true;
        options.on_record = [this](router::SessionRecord&& record) {
            const std::lock_guard lock(mutex_);
            if (!ja4_ && !record.ja4.empty()) ja4_ = std::move(record.ja4);
        };
        return options;
    }

    std::mutex mutex_;
    std::optional<std::string> ja4_;  // guarded by mutex_
    router::Router router_;
};

/// Where the client is sent, and by which words.
struct Directions {
    std::string host;  // of the URL
    Endpoint to;
    Endpoint connect;  // the same, or whoever leads there
    std::string path;
    std::string url;
    std::string key_log;
    std::string folder;

    std::string name() const { return host.contains(':') ? "[" + host + "]" : host; }
    std::string address() const {
        const std::string text = to_string(to);
        return text.substr(0, text.rfind(':'));
    }
    Environment environment() const {
        const std::string here = fmt::format("{}:{}", name(), to.port);
        return {{"SSLKEYLOGFILE", key_log},
                {"SNI_LAB_CONNECT_TO", fmt::format("{}:{}", here, to_string(connect))},
                {"SNI_LAB_RESOLVE", fmt::format("{}:{}", here, address())},
                {"SNI_LAB_HOST_RULES", fmt::format("MAP {} {}", here, to_string(connect))}};
    }
    std::string filled_in(std::string word) const {
        const std::pair<std::string_view, std::string> values[] = {
            {"{url}", url},
            {"{host}", host},
            {"{port}", std::to_string(to.port)},
            {"{path}", path},
            {"{connect}", to_string(connect)},
            {"{keylog}", key_log},
            {"{folder}", folder},
        };
        for (const auto& [name, value] : values) {
            for (std::size_t at = word.find(name); at != std::string::npos;
                 at = word.find(name, at + value.size())) {
                word.replace(at, name.size(), value);
            }
        }
        return word;
    }
};

std::vector<proof::ClientSession> sessions_in(const std::vector<proof::ExporterSecret>& secrets,
                                              const proof::Nonce& nonce) {
    std::vector<proof::ClientSession> sessions;
    sessions.reserve(secrets.size());
    for (const proof::ExporterSecret& secret : secrets) {
        const auto bytes = from_hex(secret.hex);
        sessions.push_back(
            {.tls_1_3 = secret.tls_1_3,
             .exporter_sha256 = bytes ? session::exporter_digest(*bytes, nonce) : std::nullopt});
    }
    return sessions;
}

void read_key_log(const std::string& file, proof::ClientRun& run) {
    try {
        const auto secrets = proof::exporter_secrets(certs::read_file(file));
        if (secrets) {
            run.sessions = sessions_in(*secrets, run.nonce);
        } else {
            run.key_log_error = secrets.error();
        }
    } catch (const Failure& failure) {  // the client took it away, or wrote very much
        run.key_log_error = failure.what();
    }
}

proof::ProofAnswer answer_in(const std::string& printed, const std::string& ended,
                             const certs::IdentityPublicKey& identity) {
    if (const auto envelope = proof::find_envelope(printed)) {
        return client::read_proof(*envelope, identity);
    }
    return proof::NoStatement{
        fmt::format("the client {}printed none", ended.empty() ? "" : ended + " and ")};
}

/// Runs the client in a folder that is gone when this returns; false: this process is to end.
bool run_in_folder(const OwnClient& client, const client::Probe& probe, const Endpoint& to,
                   const certs::IdentityPublicKey& identity, std::chrono::milliseconds within,
                   proof::ClientRun& run) {
    const PrivateFolder folder;
    Directions way{.host = probe.sni.value_or(probe.gateway.host),
                   .to = to,
                   .connect = to,
                   .path = run.request,
                   .key_log = folder.path() / "keylog",
                   .folder = folder.path()};
    way.url = fmt::format("https://{}:{}{}", way.name(), way.to.port, run.request);
    certs::write_file(way.key_log, "", 0600);
    std::optional<Onlooker> onlooker;
    if (client.watched) way.connect = onlooker.emplace(way.to).listening();
    std::vector<std::string> words;
    words.reserve(client.command.size());
    for (const std::string& word : client.command) {
        words.push_back(way.filled_in(word));
    }
    const Captured captured =
        run_captured(words, way.environment(), within, kMostOutput, client.quiet);
    if (captured.late) {
        run.ended = fmt::format("did not end within {} ms", within.count());
    } else if (captured.status != 0) {
        run.ended = fmt::format("ended with status {}", captured.status);
    }
    if (onlooker) run.ja4 = onlooker->ja4();
    read_key_log(way.key_log, run);
    run.answer = answer_in(captured.out, run.ended, identity);
    return !captured.interrupted;
}

/// Which certificate stands there, seen by a handshake of our own.
bool is_served(const Endpoint& to, const client::Probe& probe,
               const certs::IdentityPublicKey& identity) {
    const auto connection = client::TlsConnection::open(
        {.to = to, .sni = probe.sni, .timeout = probe.timeout, .offer = probe.offer});
    return connection && identity.is_key_in(connection->chain_pem());
}

}  // namespace

OwnClient own_client(std::vector<std::string> command) {
    std::string name = std::filesystem::path(command.front()).filename();
    // Of a shell's script its first word says more.
    if (name.ends_with("sh") && command.size() > 2 && command[1] == "-c") {
        const std::string word = command[2].substr(0, command[2].find_first_of(" \t\n;"));
        if (!word.empty()) name = std::filesystem::path(word).filename();
    }
    return {.name = std::move(name), .command = std::move(command)};
}

proof::ClientRun run_own_client(const OwnClient& client, const client::Probe& probe,
                                const certs::IdentityPublicKey& identity,
                                std::chrono::milliseconds within) {
    const auto start = net::Clock::now();
    proof::ClientRun run{.client = client.name,
                         .gateway = probe.gateway,
                         .address = probe.at,
                         .sni = probe.sni,
                         .nonce = client::fresh_nonce()};
    run.request = fmt::format("{}?nonce={}", proof::kPath, to_hex(run.nonce));
    const auto addresses =
        client::addresses_of(probe.at.value_or(probe.gateway), start + probe.timeout);
    if (!addresses) {
        run.answer = proof::NoStatement{addresses.error().detail};
        return run;
    }
    const Endpoint& to = addresses->front();
    run.identity_served = is_served(to, probe, identity);
    if (!run_in_folder(client, probe, to, identity, within, run)) {
        throw Failure(static_cast<Exit>(128 + SIGINT), code::kCommandFailed,  // NOLINT
                      fmt::format("{} was ended with this process", printable(client.name)));
    }
    run.took = std::chrono::duration_cast<std::chrono::milliseconds>(net::Clock::now() - start);
    return run;
}

}  // namespace sni::cli
