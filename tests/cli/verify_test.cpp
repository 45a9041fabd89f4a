// What verify asks beside the proof itself, against gateways that are honest and that are not.
#include <sstream>

#include <nlohmann/json.hpp>
#include <sys/stat.h>

#include "certs/identity.h"
#include "certs/issue.h"
#include "certs/store.h"
#include "cli/app.h"
#include "lab/admin/server.h"
#include "lab/backend/backend.h"
#include "lab/core/encoding.h"
#include "lab/gateways/cheating_gateway.h"
#include "lab/proof/saved.h"
#include "tests/support/backend_fixture.h"
#include "tests/support/catch.h"
#include "tests/support/process.h"
#include "tests/support/temp_folder.h"

namespace cli_verify_test {

using namespace sni;
using namespace sni::test;
using gateways::CheatingGateway;
using gateways::CheatingOptions;
using gateways::Forgery;
using nlohmann::json;

namespace {

struct Ran {
    int status;
    json report;
    std::string err;

    json line(const std::string& name) const {
        for (const json& line : report["checks"][0]["lines"]) {
            if (line["name"] == name) return line;
        }
        return {};
    }
};

/// A backend with its public identity as a file, and a state folder that is empty.
class Site {
  public:
    explicit Site(backend::Options options = backend_options())
        : backend_(signing(std::move(options))) {
        certs::write_file(folder / "id.pub", identity_.public_key().pem());
    }

    static backend::Options with_client_ca() {
        backend::Options options = backend_options();
        options.client_ca_pem = client_certificates().first.cert_pem;
        options.client_cert = backend::ClientCert::required;
        return options;
    }

    /// A gateway that has the backend's key; honest when `every` is 0.
    CheatingOptions gateway(unsigned every, Forgery forgery = Forgery::none) const {
        return {.backend = backend_.listening(),
                .chain_pem = lab_certificate().chain_pem(),
                .key = lab_certificate().key,
                .forgery = forgery,
                .every = every};
    }

    Ran verify(const CheatingGateway& through, std::vector<std::string> more) const {
        return verify_at(to_string(through.listening()), std::move(more));
    }
    Ran verify_at(const std::string& gateway, std::vector<std::string> more) const {
        std::vector<std::string> args = {"verify",
                                         "--gateway",
                                         gateway,
                                         "--sni",
                                         "httpbin.example.com",
                                         "--state",
                                         (folder / "state").string(),
                                         "--json"};
        args.insert(args.end(), more.begin(), more.end());
        std::ostringstream out;
        std::ostringstream err;
        const int status = cli::run(args, out, err);
        return {status, json::parse(out.str(), nullptr, false), err.str()};
    }
    Ran verify_signed(const CheatingGateway& through, std::vector<std::string> more) const {
        more.insert(more.end(), {"--identity", (folder / "id.pub").string()});
        return verify(through, std::move(more));
    }

    std::string direct() const { return to_string(backend_.listening()); }

    TempFolder folder;

  private:
    backend::Options signing(backend::Options options) {
        options.identity = identity_;
        return options;
    }

    certs::Identity identity_ = certs::Identity::make();
    backend::Backend backend_;
};

}  // namespace

TEST_CASE("a canary arrives through an honest gateway, and is lost in one that ends TLS", "[cli]") {
    const Site site;
    const CheatingGateway honest(site.gateway(0));
    const Ran arrived = site.verify_signed(honest, {"--canary"});
    INFO(arrived.report.dump(1) << arrived.err);
    CHECK(arrived.status == 0);
    CHECK(arrived.line("canary")["mark"] == "pass");
    CHECK(site.verify_signed(honest, {}).line("canary")["mark"] == "info");

    // One that lets the first connection through and ends TLS on the canary's.
    const CheatingGateway second(site.gateway(2));
    const Ran lost = site.verify_signed(second, {"--canary"});
    CHECK(lost.status == 1);
    CHECK(lost.line("session")["mark"] == "pass");
    CHECK(lost.line("canary")["code"] == "SL2322");
}

TEST_CASE("a client certificate that was made for this run reaches a backend that asks for one",
          "[cli]") {
    const Site site(Site::with_client_ca());
    const certs::CertBundle& authority = client_certificates().first;
    certs::write_pair(site.folder.path(), "ca", authority, false);
    const std::vector<std::string> flags = {"--client-ca", (site.folder / "ca.crt").string()};

    const CheatingGateway honest(site.gateway(0));
    const Ran arrived = site.verify_signed(honest, flags);
    INFO(arrived.report.dump(1) << arrived.err);
    CHECK(arrived.status == 0);
    CHECK(arrived.line("canary")["text"].get<std::string>().starts_with("the client certificate "));
    // Without one the backend refuses, and verify says so.
    const Ran refused = site.verify_signed(honest, {});
    CHECK(refused.status == 4);
    CHECK(refused.line("routed")["text"].get<std::string>().find("116") != std::string::npos);

    // A backend that asks for none cannot have seen it.
    const Site asks_none;
    certs::write_pair(asks_none.folder.path(), "ca", authority, false);
    const CheatingGateway other(asks_none.gateway(0));
    const Ran lost =
        asks_none.verify_signed(other, {"--client-ca", (asks_none.folder / "ca.crt").string()});
    CHECK(lost.status == 3);
    CHECK(lost.line("canary")["mark"] == "missing");
    CHECK(asks_none.verify_signed(other, {"--client-ca", "nowhere.crt"}).status == 2);
}

TEST_CASE("a client certificate of one's own is shown to a backend that asks for one", "[cli]") {
    const auto version = GENERATE(backend::TlsVersion::v1_2, backend::TlsVersion::v1_3);
    backend::Options options = Site::with_client_ca();
    options.max_tls = version;
    const Site site(std::move(options));
    certs::write_pair(site.folder.path(), "mine", client_certificates().second, false);
    const std::vector<std::string> mine = {"--client-cert", (site.folder / "mine.crt").string(),
                                           "--client-key", (site.folder / "mine.key").string()};
    const CheatingGateway honest(site.gateway(0));
    const Ran shown = site.verify_signed(honest, mine);
    INFO(shown.report.dump(1) << shown.err);
    CHECK(shown.status == 0);
    CHECK(shown.line("canary")["text"].get<std::string>().starts_with("the client certificate "));

    // Without one, whatever the alert is, the reason is told.
    const Ran refused = site.verify_signed(honest, {});
    CHECK(refused.status == 4);
    CHECK(refused.line("routed")["hint"].get<std::string>().starts_with(
        "a client certificate was asked for in this handshake"));
    CHECK(site.verify_signed(honest, {"--client-cert", "nowhere.crt", "--client-key", "no.key"})
              .status == 2);
    CHECK(
        site.verify_signed(honest, {"--client-cert", (site.folder / "mine.crt").string()}).status ==
        2);
}

TEST_CASE("an identity may come from a pipe, and from none that nobody writes to", "[cli]") {
    const Site site;
    const std::string silent = (site.folder / "silent").string();
    REQUIRE(::mkfifo(silent.c_str(), 0600) == 0);
    const Ran given_up =
        site.verify_at(site.direct(), {"--identity", silent, "--timeout", "100ms"});
    CHECK(given_up.status == 2);
    CHECK(given_up.err.find("nothing came for 100ms") != std::string::npos);
    // As a shell's <(cat id.pub) is.
    const Finished ran = run_program(
        {"bash", "-c",
         "\"$0\" verify --gateway \"$1\" --sni httpbin.example.com --identity <(cat \"$2\") "
         "--state \"$3\"",
         SNI_LAB_BINARY, site.direct(), (site.folder / "id.pub").string(),
         (site.folder / "state").string()});
    INFO(ran.out << ran.err);
    CHECK(ran.status == 0);
}

TEST_CASE("samples come from even ports and odd ones in turns", "[cli]") {
    const Site site;
    const std::filesystem::path file = site.folder / "proof.json";
    REQUIRE(site.verify_at(site.direct(), {"--samples", "4", "--save", file.string(), "--identity",
                                           (site.folder / "id.pub").string()})
                .status == 0);
    const auto saved =
        proof::decode_saved(proof::decode_saved_file(certs::read_file(file)).value().document);
    REQUIRE(saved);
    REQUIRE(saved->probes.size() == 4);
    for (std::size_t i = 0; i < 4; ++i) {
        const auto envelope = proof::decode_envelope(saved->probes[i].evidence.envelope.value());
        const std::string peer = proof::decode(envelope.value().document).value().peer;
        CAPTURE(i, peer);
        CHECK(parse_endpoint(peer).value().port % 2 == i % 2);
    }
}

TEST_CASE("verify waits once for a gateway, and not for each connection", "[cli]") {
    using Clock = std::chrono::steady_clock;
    const Site site;
    const auto began = Clock::now();
    const Ran ran = site.verify_at("127.0.0.1:1", {"--identity", (site.folder / "id.pub").string(),
                                                   "--wait", "300ms", "--samples", "50"});
    const auto took = Clock::now() - began;
    CHECK(ran.status == 4);
    CHECK(took >= std::chrono::milliseconds(300));
    CHECK(took < std::chrono::seconds(7));
}

TEST_CASE("the latest proof is none where the latest run kept none", "[cli]") {
    const Site site;
    const std::filesystem::path kept = site.folder / "state/proof.json";
    certs::make_private_folder(site.folder / "state");
    const CheatingGateway honest(site.gateway(0));
    const auto more = GENERATE(std::vector<std::string>{"--", "true"},
                               std::vector<std::string>{"--sni", "a.example", "--pin", "none"});
    REQUIRE(site.verify_signed(honest, {}).status == 0);
    REQUIRE(std::filesystem::exists(kept));
    std::vector<std::string> flags = {"--identity", (site.folder / "id.pub").string()};
    flags.insert(flags.end(), more.begin(), more.end());
    const int status = site.verify_at(to_string(honest.listening()), flags).status;
    CHECK(status == (more.front() == "--" ? 3 : 2));
    // A command line that cannot be used is no run.
    CHECK(std::filesystem::exists(kept) == (status == 2));
}

TEST_CASE("the latest proof goes through no link and no pipe, since nobody asked for it", "[cli]") {
    const Site site;
    const std::filesystem::path kept = site.folder / "state/proof.json";
    certs::make_private_folder(site.folder / "state");
    const CheatingGateway honest(site.gateway(0));
    spill(site.folder / "mine", "mine");
    SECTION("a link") {
        std::filesystem::create_symlink(site.folder / "mine", kept);
    }
    SECTION("a pipe") {
        REQUIRE(::mkfifo(kept.c_str(), 0600) == 0);
    }
    const auto before = picture_of(site.folder.path());
    const Ran ran = site.verify_signed(honest, {});
    CHECK(ran.status == 0);
    CHECK(ran.err.find("state/proof.json: warning: this is not a regular file") !=
          std::string::npos);
    auto after = picture_of(site.folder.path());
    std::erase_if(after, [](const auto& one) { return one.first.contains("verifier.key"); });
    CHECK(after == before);
}

TEST_CASE("no proof is kept in a folder that others may write", "[cli]") {
    const Site site;
    const std::filesystem::path state = site.folder / "state";
    certs::make_private_folder(state);
    REQUIRE(::chmod(state.c_str(), 01777) == 0);
    const CheatingGateway honest(site.gateway(0));
    const Ran ran = site.verify_signed(honest, {});
    CHECK(ran.status == 0);
    CHECK(ran.err.find("warning: no proof is kept: others may write") != std::string::npos);
    CHECK(std::filesystem::is_empty(state));
    CHECK(site.verify_signed(honest, {"--trust-file"}).status == 0);
    CHECK(std::filesystem::exists(state / "proof.json"));
}

TEST_CASE("a report of an earlier run does not survive a run whose keys cannot be read", "[cli]") {
    const Site site;
    const std::filesystem::path old = site.folder / "old";
    for (const char* flag : {"--junit", "--html", "--save"}) {
        certs::write_file(old, "green");
        const Ran ran = site.verify_at(
            "127.0.0.1:1", {"--identity", (site.folder / "none.pub").string(), flag, old.string()});
        CHECK(ran.status == 2);
        CHECK_FALSE(std::filesystem::exists(old));
    }
}

TEST_CASE("a dropped statement is inconclusive, and the backend's own list makes it TERMINATED",
          "[cli]") {
    const Site site;
    const CheatingGateway drops(site.gateway(1, Forgery::drop));
    const Ran dropped = site.verify_signed(drops, {});
    CHECK(dropped.status == 3);
    CHECK(dropped.line("signed")["hint"].get<std::string>().find("--backend-admin") !=
          std::string::npos);

    // What a backend would tell whose only session is the gateway's.
    const admin::Server operators(
        loopback(0),
        {{"/sessions", [] {
              return admin::Page{
                  .type = "application/json",
                  .body =
                      R"({"schema":"sni-lab/sessions/1","complete_for_ms":60000,"sessions":[{"time":"2026-11-22T07:48:01Z",)"
                      R"("peer":"127.0.0.1:9","sni":"httpbin.example.com","hello_sha256":")" +
                      to_hex(Digest{std::byte{1}}) +
                      R"(","outcome":"established","reason":null}]})"};
          }}});
    const Ran unseen = site.verify_signed(drops, {"--backend-admin", to_string(operators.local())});
    INFO(unseen.report.dump(1) << unseen.err);
    CHECK(unseen.status == 1);
    CHECK(unseen.line("asked")["code"] == "SL2323");

    const admin::Server empty(loopback(0), {});
    const Ran unread = site.verify_signed(drops, {"--backend-admin", to_string(empty.local())});
    CHECK(unread.status == 3);
    CHECK(unread.line("asked")["code"] == "SL2324");
    // Where a statement came, nobody else is asked.
    const CheatingGateway honest(site.gateway(0));
    CHECK(site.verify_signed(honest, {"--backend-admin", to_string(empty.local())}).status == 0);
}

TEST_CASE("a ticket that was earned directly is taken through an honest gateway alone", "[cli]") {
    const Site site;
    const std::vector<std::string> flags = {"--ticket-swap", site.direct()};
    const CheatingGateway honest(site.gateway(0));
    const CheatingGateway cheat(site.gateway(1));

    SECTION("of a service that signs nothing: as much as can be said, and no more") {
        const Ran taken = site.verify(honest, flags);
        INFO(taken.report.dump(1) << taken.err);
        CHECK(taken.status == 3);
        CHECK(taken.line("ticket")["mark"] == "pass");
        CHECK(taken.line("signed")["mark"] == "missing");
        const Ran refused = site.verify(cheat, flags);
        CHECK(refused.status == 1);
        CHECK(refused.line("ticket")["code"] == "SL2325");
        const Ran nobody = site.verify(honest, {"--ticket-swap", "127.0.0.1:1"});
        CHECK(nobody.status == 3);
        CHECK(nobody.line("ticket")["code"] == "SL2326");
    }
    SECTION("where the gateway takes no connection, nobody refused one") {
        const Ran closed = site.verify_at("127.0.0.1:1", flags);
        CHECK(closed.status == 4);
        CHECK(closed.line("ticket")["mark"] == "missing");
        CHECK(closed.line("ticket")["code"] == "SL2404");
    }
    SECTION("beside a statement that proves") {
        const Ran both = site.verify_signed(honest, flags);
        CHECK(both.status == 0);
        CHECK(both.line("ticket")["mark"] == "pass");
    }
    SECTION("and on TLS 1.2") {
        backend::Options options = backend_options();
        options.max_tls = backend::TlsVersion::v1_2;
        const Site old(std::move(options));
        const CheatingGateway through(old.gateway(0));
        const Ran taken = old.verify_signed(through, {"--ticket-swap", old.direct()});
        CHECK(taken.status == 0);
        CHECK(taken.line("ticket")["mark"] == "pass");
    }
}

TEST_CASE("the latest proof lies in the state folder where there is one, and can be checked",
          "[cli]") {
    const Site site;
    const CheatingGateway honest(site.gateway(0));
    const std::filesystem::path state = site.folder / "state";
    REQUIRE(site.verify_signed(honest, {}).status == 0);
    CHECK_FALSE(std::filesystem::exists(state));

    certs::make_private_folder(state);
    const Ran kept = site.verify_signed(honest, {"--canary", "--ticket-swap", site.direct()});
    CHECK(kept.status == 0);
    CHECK(kept.err.find("proof check") != std::string::npos);
    CHECK(kept.err.find("warning") == std::string::npos);
    const auto check = [&] {
        std::ostringstream out;
        std::ostringstream err;
        const int status = cli::run({"proof", "check", "--state", state.string(), "--identity",
                                     (site.folder / "id.pub").string(), "--verifier",
                                     (state / "verifier.key.pub").string()},
                                    out, err);
        INFO(err.str());
        CHECK(out.str().find("the ALPN list ") != std::string::npos);
        CHECK(out.str().find("3 of 3 tickets") != std::string::npos);
        return status;
    };
    CHECK(check() == 0);
    // A canary that was lost is lost in the file, too.
    const CheatingGateway second(site.gateway(2));
    CHECK(site.verify_signed(second, {"--canary"}).status == 1);
    std::ostringstream out;
    std::ostringstream err;
    CHECK(cli::run({"proof", "check", "--state", state.string(), "--identity",
                    (site.folder / "id.pub").string(), "--verifier",
                    (state / "verifier.key.pub").string()},
                   out, err) == 1);
}

}  // namespace cli_verify_test
