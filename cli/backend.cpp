// sni-lab backend: the TLS backend alone, by flags.
#include "lab/backend/backend.h"

#include <atomic>
#include <memory>
#include <optional>
#include <ostream>
#include <thread>
#include <vector>

#include <CLI/App.hpp>
#include <fmt/format.h>
#include <fmt/ostream.h>
#include <malloc.h>

#include "certs/inspect.h"
#include "certs/store.h"
#include "cli/access_lines.h"
#include "cli/app.h"
#include "cli/flags.h"
#include "cli/open_door.h"
#include "cli/signals.h"
#include "cli/state.h"
#include "cli/talk.h"
#include "lab/admin/server.h"
#include "lab/backend/check_options.h"
#include "lab/backend/key_log.h"
#include "lab/backend/ops.h"
#include "lab/core/codes.h"
#include "lab/core/duration.h"
#include "lab/core/encoding.h"
#include "lab/net/descriptor_limit.h"

namespace sni::cli {

namespace {

constexpr std::chrono::seconds kDrain{10};

/// As the flags say it; nothing is read yet.
struct BackendFlags {
    std::string listen;
    std::string cert;
    std::string key;
    std::string client_ca;
    std::string client_cert;
    std::string min_tls = "1.2";
    std::string max_tls = "1.3";
    std::string ciphers;
    std::string alpn = "http/1.1";
    std::string key_log;
    std::string plain;
    std::string admin;
    std::string fault;
    std::size_t max_body = backend::Limits{}.body_bytes;
    std::size_t max_held = backend::Limits{}.held_bytes;
    std::string lame_duck = "0s";
    std::string name = "backend";
    std::string identity;
    std::vector<std::string> accept_proxy;
    std::string access_log;
};

void add_tls_flags(CLI::App& cmd, BackendFlags& flags);
Exit run_backend(const BackendFlags& flags, Streams io);

}  // namespace

void add_backend(CLI::App& app, Action& chosen) {
    auto flags = std::make_shared<BackendFlags>();
    CLI::App* cmd =
        add_command(app, "backend",
                    "Serve httpbin's endpoints over TLS, and sign what it knows of each session");
    cmd->add_option("--listen", flags->listen, "Where to listen; port 0 takes a free one")
        ->type_name("ADDR:PORT")
        ->required();
    cmd->add_option("--cert", flags->cert, "Certificate and chain, PEM, leaf first")
        ->type_name("FILE")
        ->required();
    cmd->add_option("--key", flags->key, "Its private key, PEM")->type_name("FILE")->required();
    cmd->add_option("--client-ca", flags->client_ca, "Who may have signed client certificates, PEM")
        ->type_name("FILE");
    cmd->add_option("--client-cert", flags->client_cert,
                    "Ask clients for a certificate; with --client-ca the default is required")
        ->check(CLI::IsMember({"off", "optional", "required"}));
    add_tls_flags(*cmd, *flags);
    cmd->add_option("--plain", flags->plain,
                    "Serve the same without TLS here, for gateways that terminate it")
        ->type_name("ADDR:PORT");
    cmd->add_option("--admin", flags->admin,
                    "Pages for operators: /healthz, /readyz, /metrics and /sessions, the latest "
                    "TLS sessions")
        ->type_name("ADDR:PORT");
    cmd->add_option("--fault", flags->fault,
                    "Fail every connection: hang, reset, close; or answer late: slow=500ms")
        ->type_name("hang|reset|close|slow=TIME");
    cmd->add_option("--max-body", flags->max_body, "Largest request body in bytes; above it 413")
        ->transform(whole_number(0, 1u << 30))
        ->capture_default_str();
    cmd->add_option("--max-held", flags->max_held,
                    "Bytes of all requests that are still arriving and of all answers that are not "
                    "taken yet; who comes on top of them gets 503")
        ->check(CLI::Range(std::size_t{1} << 20, std::size_t{1} << 40))
        ->capture_default_str();
    cmd->add_option("--lame-duck", flags->lame_duck,
                    "After SIGTERM serve on for so long, new clients too, while /readyz of --admin "
                    "says 503")
        ->type_name("TIME")
        ->capture_default_str();
    cmd->add_option("--name", flags->name, "The backend's name in /tls and in signed statements")
        ->capture_default_str();
    cmd->add_option("--identity", flags->identity,
                    "Ed25519 private key that signs statements, made if missing; its public half "
                    "is written to FILE.pub, for verify (default: " +
                        identity_file(default_state()).string() + ")")
        ->type_name("FILE");
    cmd->add_option("--accept-proxy", flags->accept_proxy,
                    "Peers that are proxies: they must begin with a PROXY header, and are "
                    "believed; may be repeated")
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
        ->type_name("CIDR");
    cmd->add_option("--access-log", flags->access_log,
                    "One JSON line for each request; - is stdout, off is none (default: stderr)")
        ->type_name("FILE|-|off");
    cmd->footer(
        "SIGHUP reads certificate and key again, for new connections, and opens --access-log anew; "
        "SIGUSR1 does only the latter; SIGTERM lets requests that have begun finish for 10 s, a "
        "second one "
        "stops.\n"
        "A request has at most 1000 query parameters, 1000 cookies, 100 headers, 10000 form "
        "fields, "
        "1024 parts and 250000 JSON values; what has more is refused with 414, 431 or 413.\n"
        "Example: sni-lab backend --listen 127.0.0.1:9443 --cert httpbin.example.com.crt --key "
        "httpbin.example.com.key");
    cmd->callback(
        [flags, &chosen] { chosen = [flags](Streams io) { return run_backend(*flags, io); }; });
}

namespace {

void add_tls_flags(CLI::App& cmd, BackendFlags& flags) {
    cmd.add_option("--min-tls", flags.min_tls, "Lowest TLS version")
        ->check(CLI::IsMember({"1.2", "1.3"}))
        ->capture_default_str();
    cmd.add_option("--max-tls", flags.max_tls, "Highest TLS version")
        ->check(CLI::IsMember({"1.2", "1.3"}))
        ->capture_default_str();
    cmd.add_option("--ciphers", flags.ciphers,
                   "OpenSSL's names, colons between; TLS_… are for TLS 1.3, the others for 1.2")
        ->type_name("LIST");
    cmd.add_option("--alpn", flags.alpn,
                   "Protocols to choose by ALPN, commas between; none: choose none")
        ->type_name("NAMES")
        ->capture_default_str();
    cmd.add_option("--keylog", flags.key_log,
                   "Write TLS secrets to FILE, for Wireshark; verify will not call that proven")
        ->type_name("FILE");
}

Endpoint listen_address(std::string_view flag, const std::string& text) {
    const auto endpoint = parse_endpoint(text);
    if (!endpoint) {
        refuse(fmt::format("{}: {}", flag, endpoint.error()),
               fmt::format("as in {} 127.0.0.1:9443", flag));
    }
    if (endpoint->kind == Endpoint::Kind::unix_path) {
        refuse(fmt::format("{}: \"{}\" is not ADDRESS:PORT", flag, printable(text)));
    }
    return *endpoint;
}

backend::TlsVersion tls_version(const std::string& text) {
    return text == "1.2" ? backend::TlsVersion::v1_2 : backend::TlsVersion::v1_3;
}

std::vector<std::string> alpn_names(const std::string& text) {
    std::vector<std::string> names;
    if (text == "none") return names;
    std::string_view rest = text;
    while (true) {
        const std::size_t comma = rest.find(',');
        names.emplace_back(rest.substr(0, comma));
        if (comma == std::string_view::npos) return names;
        rest.remove_prefix(comma + 1);
    }
}

void set_fault(backend::Options& options, const std::string& text) {
    constexpr std::string_view kSlow = "slow=";
    if (text.empty()) return;
    if (text == "hang") {
        options.fault = backend::Fault::hang;
    } else if (text == "reset") {
        options.fault = backend::Fault::reset;
    } else if (text == "close") {
        options.fault = backend::Fault::close;
    } else if (text.starts_with(kSlow)) {
        const auto time = parse_duration(text.substr(kSlow.size()));
        if (!time) refuse("--fault slow: " + time.error(), "as in --fault slow=500ms");
        options.slow = *time;
    } else {
        refuse(fmt::format("--fault: there is no \"{}\"", printable(text)),
               "the faults are hang, reset, close and slow=TIME");
    }
}

backend::ClientCert client_cert_policy(const BackendFlags& flags) {
    using backend::ClientCert;
    if (flags.client_ca.empty() && !flags.client_cert.empty() && flags.client_cert != "off") {
        refuse(fmt::format("--client-cert {} needs a CA to check certificates with",
                           flags.client_cert),
               "name one with --client-ca FILE");
    }
    if (flags.client_ca.empty() || flags.client_cert == "off") return ClientCert::off;
    return flags.client_cert == "optional" ? ClientCert::optional : ClientCert::required;
}

/// The backend refuses a TLS key as its identity; here, before its public half is written.
void refuse_tls_key(const std::string& identity, const backend::Options& options) {
    if (!std::filesystem::is_regular_file(identity)) return;
    const certs::KeyPem key(certs::read_file(identity));
    if (!certs::check_pair(options.chain_pem, key)) return;
    throw Failure(Exit::usage,
                  Diagnostic{.code = std::string(code::kBadIdentity),
                             .place = {.file = identity},
                             .message = "this is the key of the certificate that is served",
                             .why = "whoever ends TLS with it could sign the backend's statements",
                             .hint = "name a file that is not there yet: an identity is made"});
}

certs::Identity identity_of(const BackendFlags& flags, const backend::Options& options) {
    if (!flags.identity.empty()) {
        refuse_tls_key(flags.identity, options);
        return certs::Identity::load_or_make(flags.identity);
    }
    certs::make_private_folder(default_state());
    return certs::Identity::load_or_make(identity_file(default_state()));
}

/// Checked here, before an identity is made: bad input changes nothing on disk.
std::string read_client_ca(const std::string& file) {
    std::string pem = certs::read_file(file);
    if (const auto authorities = certs::inspect(pem); !authorities) {
        throw Failure(Exit::usage, Diagnostic{.code = std::string(code::kBackendClientCa),
                                              .place = {.file = file},
                                              .message = "this is no client CA",
                                              .why = authorities.error()});
    }
    return pem;
}

certs::CertBundle read_pair(const BackendFlags& flags) {
    certs::read_file(flags.cert);  // each by itself first: the pair may lie in two folders
    certs::read_file(flags.key);
    auto pair = certs::read_pair({flags.cert, flags.key});
    if (!pair) refuse("certificate and key were removed while they were read");
    return std::move(*pair);
}

backend::Options options_of(const BackendFlags& flags) {
    backend::Options options;
    options.listen = listen_address("--listen", flags.listen);
    if (!flags.plain.empty()) options.plain = listen_address("--plain", flags.plain);
    options.client_cert = client_cert_policy(flags);
    options.name = flags.name;
    for (const std::string& text : flags.accept_proxy) {
        const auto range = Cidr::parse(text);
        if (!range) refuse("--accept-proxy: " + range.error());
        options.accept_proxy.push_back(*range);
    }
    options.min_tls = tls_version(flags.min_tls);
    options.max_tls = tls_version(flags.max_tls);
    options.ciphers = flags.ciphers;
    options.alpn = alpn_names(flags.alpn);
    options.limits.body_bytes = flags.max_body;
    options.limits.held_bytes = flags.max_held;
    set_fault(options, flags.fault);
    const certs::CertBundle pair = read_pair(flags);
    options.chain_pem = pair.chain_pem();
    options.key = pair.key;
    if (!flags.client_ca.empty()) options.client_ca_pem = read_client_ca(flags.client_ca);
    return options;
}

/// Large bodies go back to the machine when they are done with, and not into a heap that grows to
/// what one of them took. Smaller ones stay, which is faster.
void give_large_memory_back() {
    ::mallopt(M_MMAP_THRESHOLD, 4 << 20);
    ::mallopt(M_TRIM_THRESHOLD, 8 << 20);
}

void warn_of_key_log(const std::string& file, std::ostream& err) {
    err << render({.level = Level::warning,
                   .code = std::string(code::kBackendKeyLog),
                   .message = fmt::format("TLS secrets are written to \"{}\"", printable(file)),
                   .why = "whoever reads it can read every connection of this backend"});
}

void reload(backend::Backend& server, const BackendFlags& flags, backend::Ops& ops,
            std::ostream& err) {
    try {
        const certs::CertBundle pair = read_pair(flags);
        server.reload(pair.chain_pem(), pair.key);
        ops.reloaded(true);
        const auto chain = certs::inspect(pair.cert_pem);
        fmt::print(err, "reloaded: new connections get the certificate {}\n",
                   chain ? to_fingerprint(chain->front().sha256) : "");
    } catch (const Failure& failure) {
        for (const Diagnostic& diagnostic : failure.diagnostics()) {
            err << render(diagnostic);
        }
        ops.reloaded(false);
        err << "not reloaded: certificate and key before stay\n";
    }
}

std::chrono::milliseconds lame_duck_time(const std::string& text) {
    const auto time = parse_duration(text);
    if (!time) refuse("--lame-duck: " + time.error(), "as in --lame-duck 15s");
    return *time;
}

/// Serves on while /readyz says no, so that load balancers send clients elsewhere before the port
/// is closed; another stop signal ends that.
void serve_on(std::chrono::milliseconds time, Signals& signals, std::ostream& err) {
    if (time.count() == 0) return;
    fmt::print(err, "draining: clients are served for another {}\n", to_string(time));
    err.flush();
    const auto until = std::chrono::steady_clock::now() + time;
    while (true) {
        const auto left = until - std::chrono::steady_clock::now();
        if (left.count() <= 0) return;
        const auto event = signals.wait_for(std::chrono::ceil<std::chrono::milliseconds>(left));
        if (event == Signals::Event::stop) return;
    }
}

/// Lets requests finish; another stop signal ends that.
void drain(backend::Backend& server, Signals& signals, std::ostream& err) {
    fmt::print(err, "stopping: requests may finish for {}\n",
               to_string(std::chrono::milliseconds(kDrain)));
    std::atomic<bool> done = false;
    std::thread drainer([&] {
        server.stop(kDrain);
        done = true;
    });
    while (!done) {
        const auto event = signals.wait_for(std::chrono::milliseconds(2));
        if (event == Signals::Event::stop) server.stop(std::chrono::milliseconds(0));
    }
    drainer.join();
}

Exit run_backend(const BackendFlags& flags, Streams io) {
    backend::Options options = options_of(flags);
    const std::chrono::milliseconds lame_duck = lame_duck_time(flags.lame_duck);
    backend::check_options(options);  // before anything is made: bad input changes nothing on disk
    std::optional<Endpoint> admin_address;
    if (!flags.admin.empty()) admin_address = listen_address("--admin", flags.admin);
    net::raise_descriptor_limit();
    give_large_memory_back();
    std::optional<backend::KeyLog> key_log;
    if (!flags.key_log.empty()) {
        key_log.emplace(flags.key_log);
        options.key_log = [&key_log](std::string_view line) { key_log->write(line); };
    }
    options.identity = identity_of(flags, options);
    const std::string key_id = options.identity->public_key().key_id();
    const auto exposed =
        certs::exposed(flags.identity.empty() ? identity_file(default_state())
                                              : std::filesystem::path(flags.identity));

    Signals signals;
    Talk out(io.out);
    Talk err(io.err);
    AccessLines log(flags.access_log, &err);
    options.access_log = log.sink();
    // The pages are there before the backend and as long as it drains, and ask it no more
    // afterwards.
    backend::Ops ops;
    std::optional<backend::Backend> serving;
    std::optional<admin::Server> admin;
    if (admin_address) admin.emplace(*admin_address, ops.pages());
    backend::Backend& server = serving.emplace(std::move(options));
    ops.ready({&server});
    warn_if_open(server.listening(), err.stream());
    if (exposed) err.stream() << render(*exposed);
    if (key_log) warn_of_key_log(flags.key_log, err.stream());
    if (const auto plain = server.listening_plain()) {
        warn_if_open(*plain, err.stream());
        fmt::print(err.stream(), "without TLS on {}\n", to_string(*plain));
    }
    if (admin) warn_if_open(admin->local(), err.stream());
    fmt::print(err.stream(), "statements are signed with identity {}\n", key_id);
    fmt::print(out.stream(), "ready {}\n", to_string(server.listening()));
    if (admin) fmt::print(out.stream(), "admin {}\n", to_string(admin->local()));
    out.stream().flush();

    for (auto event = signals.wait(); event != Signals::Event::stop; event = signals.wait()) {
        log.reopen(err.stream());
        if (event == Signals::Event::reload) reload(server, flags, ops, err.stream());
    }
    ops.draining();
    serve_on(lame_duck, signals, err.stream());
    drain(server, signals, err.stream());
    log.tell_lost(err.stream());
    return Exit::yes;
}

}  // namespace

}  // namespace sni::cli
