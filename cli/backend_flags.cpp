#include "cli/backend_flags.h"

#include <cstdint>
#include <string_view>
#include <utility>

#include <CLI/App.hpp>
#include <fmt/format.h>

#include "certs/inspect.h"
#include "certs/store.h"
#include "cli/flags.h"
#include "cli/hello_flags.h"
#include "cli/state.h"
#include "lab/core/codes.h"
#include "lab/core/duration.h"
#include "lab/core/encoding.h"

namespace sni::cli {

namespace {

void add_tls_flags(CLI::App& cmd, BackendFlags& flags) {
    cmd.add_option("--min-tls", flags.min_tls, "Lowest TLS version")
        ->check(CLI::IsMember({"1.2", "1.3"}))
        ->capture_default_str();
    cmd.add_option("--max-tls", flags.max_tls, "Highest TLS version")
        ->check(CLI::IsMember({"1.2", "1.3"}))
        ->capture_default_str();
    cmd.add_option(
           "--ciphers", flags.ciphers,
           "OpenSSL's names, colons or commas between; TLS_… are for TLS 1.3, the others for "
           "1.2")
        ->type_name("LIST");
    cmd.add_option("--alpn", flags.alpn,
                   "Protocols to choose by ALPN, commas between; none: choose none")
        ->type_name("NAMES")
        ->capture_default_str();
    cmd.add_option("--keylog", flags.key_log,
                   "Write TLS secrets to FILE, for Wireshark; verify will not call that proven")
        ->type_name("FILE");
}

backend::TlsVersion tls_version(const std::string& text) {
    return text == "1.2" ? backend::TlsVersion::v1_2 : backend::TlsVersion::v1_3;
}

void set_fault(backend::Options& options, const std::string& text) {
    constexpr std::string_view kSlow = "slow=";
    if (text.empty()) return;
    if (text == "hang") {
        options.fault = http::Fault::hang;
    } else if (text == "reset") {
        options.fault = http::Fault::reset;
    } else if (text == "close") {
        options.fault = http::Fault::close;
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

}  // namespace

void add_flags(CLI::App& cmd, BackendFlags& flags) {
    cmd.add_option("--listen", flags.listen, "Where to listen; port 0 takes a free one")
        ->type_name("ADDR:PORT")
        ->required();
    cmd.add_option("--cert", flags.cert, "Certificate and chain, PEM, leaf first")
        ->type_name("FILE")
        ->required();
    cmd.add_option("--key", flags.key, "Its private key, PEM")->type_name("FILE")->required();
    cmd.add_option("--client-ca", flags.client_ca, "Who may have signed client certificates, PEM")
        ->type_name("FILE");
    cmd.add_option("--client-cert", flags.client_cert,
                   "Ask clients for a certificate; with --client-ca the default is required")
        ->check(CLI::IsMember({"off", "optional", "required"}));
    add_tls_flags(cmd, flags);
    cmd.add_option("--plain", flags.plain,
                   "Serve the same without TLS here, for gateways that terminate it")
        ->type_name("ADDR:PORT");
    cmd.add_option("--admin", flags.admin,
                   "Pages for operators: /healthz, /readyz, /metrics and /sessions, the latest "
                   "TLS sessions")
        ->type_name("ADDR:PORT");
    cmd.add_option("--fault", flags.fault,
                   "Fail every connection: hang, reset, close; or answer late: slow=500ms")
        ->type_name("hang|reset|close|slow=TIME");
    cmd.add_option("--max-body", flags.max_body, "Largest request body in bytes; above it 413")
        ->type_name("BYTES")
        ->transform(whole_number(0, 1u << 30))
        ->capture_default_str();
    cmd.add_option("--max-held", flags.max_held,
                   "Bytes of all requests that are still arriving and of all answers that are not "
                   "taken yet; who comes on top of them gets 503, what is more alone 413")
        ->type_name("BYTES")
        ->transform(whole_number(std::uint64_t{1} << 20, std::uint64_t{1} << 40))
        ->capture_default_str();
    cmd.add_option(
           "--max-stalled", flags.max_stalled,
           "Bytes of memory that all hellos take together that wait for their rest or, if they "
           "are long, for the end of the handshake; beyond it the oldest is closed")
        ->transform(whole_number(65'536, std::uint64_t{1} << 40))
        ->type_name("BYTES")
        ->capture_default_str();
    cmd.add_option("--threads", flags.threads, "Threads that answer; 0: one per core, two at least")
        ->type_name("N")
        ->transform(whole_number(0, 1'024))
        ->capture_default_str();
    cmd.add_option("--lame-duck", flags.lame_duck,
                   "After SIGTERM serve on for so long, new clients too, while /readyz of --admin "
                   "says 503")
        ->type_name("TIME")
        ->capture_default_str();
    cmd.add_option("--name", flags.name, "The backend's name in /tls and in signed statements")
        ->type_name("NAME")
        ->capture_default_str();
    cmd.add_option("--identity", flags.identity,
                   "Ed25519 private key that signs statements, made if missing; its public half "
                   "is written to FILE.pub, for verify (default: " +
                       identity_file(default_state()).string() + ")")
        ->type_name("FILE");
    add_accept_proxy(cmd, flags.accept_proxy);
    cmd.add_option("--access-log", flags.access_log,
                   "One JSON line for each request; - is stdout, off is none (default: stderr)")
        ->type_name("FILE|-|off");
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
    options.listen = listener("--listen", flags.listen);
    if (!flags.plain.empty()) options.plain = listener("--plain", flags.plain);
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
    options.limits.hello_bytes = flags.max_stalled;
    options.threads = flags.threads;
    set_fault(options, flags.fault);
    const certs::CertBundle pair = read_pair(flags);
    options.chain_pem = pair.chain_pem();
    options.key = pair.key;
    if (!flags.client_ca.empty()) options.client_ca_pem = read_client_ca(flags.client_ca);
    return options;
}

}  // namespace sni::cli
