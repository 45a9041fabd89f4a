// Kinds of services that need more of verify --witness than a page over HTTPS does.
#include <atomic>
#include <csignal>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "certs/store.h"
#include "cli/served_identity.h"
#include "lab/backend/backend.h"
#include "tests/support/backend_fixture.h"
#include "tests/support/background.h"
#include "tests/support/catch.h"
#include "tests/support/lab_folder.h"
#include "tests/support/lying_backend.h"
#include "tests/support/nginx.h"
#include "tests/support/peer.h"
#include "tests/support/postgres.h"
#include "tests/support/splice.h"
#include "tests/support/witnessed_service.h"

namespace e2e_witnessed_services_test {

using namespace sni;
using namespace sni::test;
using nlohmann::json;

namespace {

/// OpenSSL's own server, which takes nobody without a client certificate.
class MutualTls {
  public:
    MutualTls() : port_(free_port()), program_(command()) {}

    Endpoint listening() const { return parse_endpoint("127.0.0.1:" + port_).value(); }
    /// verify's flags that show a certificate it trusts.
    std::vector<std::string> with_certificate(std::vector<std::string> more = {}) const {
        more.insert(more.end(), {"--client-cert", (folder_ / "mine.crt").string(), "--client-key",
                                 (folder_ / "mine.key").string()});
        return more;
    }

  private:
    std::vector<std::string> command() {
        certs::write_pair(folder_.path(), "mine", client_certificates().second, false);
        certs::write_pair(folder_.path(), "site", lab_certificate(), false);
        spill(folder_ / "ca.crt", client_certificates().first.cert_pem);
        return {"openssl",  "s_server",
                "-accept",  "127.0.0.1:" + port_,
                "-cert",    (folder_ / "site.crt").string(),
                "-key",     (folder_ / "site.key").string(),
                "-CAfile",  (folder_ / "ca.crt").string(),
                "-Verify",  "1",
                "-quiet",   "-verify_return_error",
                "-naccept", "100",
                "-www"};
    }

    TempFolder folder_;
    std::string port_;
    Background program_;
};

/// A TLS key that can sign statements as well, its certificate, and the key as an identity's file.
struct TlsIdentity {
    TlsIdentity() {
        certs::write_file(folder / "id.key", pair.key.reveal(), 0600);
        key = (folder / "id.key").string();
    }
    /// A service of TLS that serves it.
    backend::Options options() const {
        backend::Options options = backend_options();
        options.chain_pem = pair.chain_pem();
        options.key = pair.key;
        return options;
    }

    static certs::CertRequest request() {
        certs::CertRequest request = certificate_request({"httpbin.example.com"});
        request.key = certs::KeyType::ed25519;
        return request;
    }

    TempFolder folder;
    const certs::CertBundle pair = certs::issue(request());
    std::string key;
};

/// sni-lab witness before `to`, which signs with `key`.
class Witness {
  public:
    Witness(const std::string& to, const std::string& key)
        : program_({"sh", "-c", "exec \"$0\" \"$@\" 2>&1", SNI_LAB_BINARY, "witness", "--listen",
                    "127.0.0.1:0", "--to", to, "--identity", key}) {}

    /// All that it says up to the line that begins so, or to its end.
    std::string said_until(const std::string& begin) {
        std::string said;
        try {
            for (std::string line; !line.starts_with(begin);) {
                line = program_.line();
                said += line + "\n";
            }
        } catch (const std::exception&) {  // it ended
        }
        return said;
    }
    int end(int signal) { return program_.end(signal); }
    pid_t pid() const { return program_.pid(); }

  private:
    Background program_;
};

}  // namespace

TEST_CASE("a witness does not start with the key that its service serves", "[e2e][witness]") {
    const TlsIdentity served;
    const LabFolder folder;
    const auto start = [&](const Endpoint& service) {
        const Finished ran = folder.run({"witness", "--listen", "127.0.0.1:0", "--to",
                                         to_string(service), "--identity", served.key});
        INFO(ran.err);
        CHECK(ran.status == 2);
        CHECK(ran.err.find("the identity is the key of a certificate that " + to_string(service) +
                           " serves") != std::string::npos);
    };
    SECTION("by TLS") {
        const backend::Backend service(served.options());
        start(service.listening());
    }
    SECTION("behind PostgreSQL's own words") {
        if (!Postgres::there()) return;
        const Postgres service(served.pair);
        start(service.listening());
    }
}

TEST_CASE("a witness starts before its service is there, and looks at it when it is reloaded",
          "[e2e][witness]") {
    const TlsIdentity served;
    const std::string at = "127.0.0.1:" + free_port();
    Witness witness(at, served.key);
    const std::string said = witness.said_until("not looked ");
    INFO(said);
    CHECK(said.find("not looked whether " + at +
                    " serves a certificate with this identity's key: refused") !=
          std::string::npos);
    backend::Options options = served.options();
    options.listen = parse_endpoint(at).value();
    const backend::Backend service(std::move(options));
    REQUIRE(::kill(witness.pid(), SIGHUP) == 0);
    const std::string reloaded = witness.said_until("nothing is signed");
    INFO(reloaded);
    CHECK(reloaded.find("nothing is signed: this identity is the key of a certificate that " + at +
                        " serves\n") != std::string::npos);
    CHECK(witness.end(SIGTERM) == 0);
}

TEST_CASE("a witness whose service broke off its first look looks again before it signs",
          "[e2e][witness]") {
    const TlsIdentity served;
    const backend::Backend service(served.options());
    std::atomic<int> came = 0;
    const Stub first_closes([&](Peer client) {
        if (++came == 1) return;
        Peer to = Peer::to(service.listening());
        splice(client, to);
    });
    const Endpoint at = first_closes.endpoint();
    const certs::IdentityPublicKey key = certs::Identity::load_or_make(served.key).public_key();
    cli::ServedIdentity identity(at, key, std::nullopt);
    CHECK(identity.look().starts_with("not looked whether "));
    CHECK_FALSE(identity.may_sign());
    CHECK(identity.served());

    // One that always does is looked at a few times, and then taken as it is.
    std::atomic<int> looks = 0;
    const Stub closes([&](Peer) { ++looks; });
    const Endpoint there = closes.endpoint();
    cli::ServedIdentity unseen(there, key, std::nullopt);
    for (int i = 0; i < 20; ++i) {
        CHECK(unseen.may_sign());
    }
    CHECK(looks < 10);
}

TEST_CASE("PostgreSQL that serves the witness's key is not proven by psql", "[e2e][witness]") {
    if (!Postgres::there()) return;
    const TlsIdentity served;
    const Postgres service(served.pair);
    const WitnessedService site(service.listening(), 100,
                                certs::Identity::load_or_make(served.key));
    const auto ran =
        site.verify(to_string(site.witness.address()),
                    {"--no-sni", "--", "psql",
                     "host=127.0.0.1 port={port} user=lab dbname=postgres sslmode=require", "-Atc",
                     "select 41 + 1"});
    INFO(ran.report.dump(1));
    CHECK(ran.status == 3);
    CHECK(ran.line("signed")["code"] == "SL2327");
}

TEST_CASE("where nobody could look at the certificate the report says so", "[e2e][witness]") {
    if (!have("openssl")) return;
    const backend::Backend service(backend_options());
    const WitnessedService site(service.listening());
    std::atomic<int> came = 0;
    const Stub gateway([&](Peer client) {
        if (++came > 2) return;  // behind the look of --wait comes the client's connection
        Peer to = Peer::to(site.witness.address());
        splice(client, to);
    });
    const auto ran = site.verify(
        to_string(gateway.endpoint()),
        {"--", "sh", "-c",
         "printf 'GET / HTTP/1.0\\r\\n\\r\\n' | openssl s_client -quiet -connect \"$0\" "
         "-servername httpbin.example.com",
         "{connect}"});
    INFO(ran.report.dump(1));
    CHECK(ran.status == 0);
    CHECK(ran.line("identity")["mark"] == "info");
}

TEST_CASE("a service that offers HTTP/3 is told of, or that nobody looked", "[e2e][witness]") {
    if (!have("nginx")) return;
    const char* const offer = "add_header Alt-Svc 'h3=\":443\"; ma=86400';";
    const auto at = [](const WitnessedService& site) { return to_string(site.witness.address()); };
    const auto text = [](const WitnessedService::Ran& ran) {
        INFO(ran.report.dump(1));
        CHECK(ran.status == 0);
        const json line = ran.line("alt-svc");
        return line.is_null() ? "" : line["text"].get<std::string>();
    };
    const Nginx both(lab_certificate(), "http2", offer);
    const WitnessedService two(both.listening());
    CHECK(text(two.verify(at(two))).starts_with("not looked whether the answer offers HTTP/3"));
    CHECK(text(two.verify(at(two), {"--alpn", "http/1.1"}))
              .starts_with("the answer offers HTTP/3 (h3=\":443\"; ma=86400)"));
    const Nginx none(lab_certificate());
    const WitnessedService one(none.listening());
    CHECK(text(one.verify(at(one))).empty());
}

TEST_CASE("a service that demands a client certificate is proven, with it", "[e2e][witness]") {
    if (!have("openssl")) return;
    const MutualTls service;
    const WitnessedService site(service.listening());
    const std::string at = to_string(site.witness.address());
    const auto how = GENERATE(std::vector<std::string>{}, std::vector<std::string>{"--tls-only"},
                              std::vector<std::string>{"--tls", "1.2"},
                              std::vector<std::string>{"--tls", "1.2", "--tls-only"});
    const std::string file = (site.folder / "proof.json").string();
    std::vector<std::string> flags = service.with_certificate(how);
    flags.insert(flags.end(), {"--save", file});
    const auto shown = site.verify(at, flags);
    INFO(shown.report.dump(1));
    CHECK(shown.status == 0);
    CHECK(shown.line("client cert")["mark"] == "info");
    CHECK(shown.line("canary").is_null());
    // And so it is when it is judged again.
    const test::Ran again =
        run({"proof", "check", file, "--identity", (site.folder / "id.pub").string()});
    CHECK(again.out.find("the client certificate ") != std::string::npos);
    // Without one it is no client.
    if (how.empty()) CHECK(site.verify(at).status == 4);
}

TEST_CASE("an answer that the connection's end ends needs no close_notify beside a witness",
          "[e2e][witness]") {
    const LyingBackend service("HTTP/1.0 200 OK\r\n\r\nall of it", LyingBackend::After::cut);
    const WitnessedService site(service.listening());
    const auto ran =
        site.verify(to_string(site.witness.address()), {"--request", std::string(proof::kPath)});
    INFO(ran.report.dump(1));
    CHECK(ran.status == 0);
    CHECK(ran.line("answer")["text"] ==
          "GET /.well-known/sni-lab/proof → 200 OK; not judged, no status was expected");
}

TEST_CASE("a client certificate that no service asked for is not proven to arrive",
          "[e2e][witness]") {
    const backend::Backend service(backend_options());
    const WitnessedService site(service.listening());
    certs::write_pair(site.folder.path(), "mine", client_certificates().second, false);
    const auto unasked = site.verify(to_string(site.witness.address()),
                                     {"--client-cert", (site.folder / "mine.crt").string(),
                                      "--client-key", (site.folder / "mine.key").string()});
    INFO(unasked.report.dump(1));
    CHECK(unasked.status == 3);
    CHECK(unasked.line("client cert")["code"] == "SL2322");
}

}  // namespace e2e_witnessed_services_test
