// What the README says about a witness is run in its own words, before a service of somebody else.
#include <algorithm>
#include <csignal>
#include <sstream>

#include "certs/files.h"
#include "lab/client/tls_client.h"
#include "lab/router/router.h"
#include "tests/support/backend_fixture.h"
#include "tests/support/background.h"
#include "tests/support/lab_folder.h"
#include "tests/support/nginx.h"
#include "tests/support/postgres.h"

namespace e2e_readme_witness_test {

using namespace sni;
using namespace sni::test;

namespace {

/// The indented lines of the README's section under `heading`.
std::vector<std::string> commands_under(const std::string& heading) {
    std::istringstream text(slurp(std::string(SNI_LAB_SOURCE_DIR) + "/README.md"));
    std::vector<std::string> commands;
    bool inside = false;
    for (std::string line; std::getline(text, line);) {
        if (line.starts_with("## ")) inside = line == heading;
        if (inside && line.starts_with("    ")) commands.push_back(line.substr(4));
    }
    return commands;
}

/// The first of `commands` that begins with `words`, with some addresses replaced.
class Commands {
  public:
    explicit Commands(const std::string& heading) : all_(commands_under(heading)) {}

    std::size_t count() const { return all_.size(); }
    std::string find(const std::string& words, const std::string& behind = "") const {
        const auto found = std::ranges::find_if(all_, [&](const std::string& command) {
            return command.starts_with(words) && command.find(behind) != std::string::npos;
        });
        REQUIRE(found != all_.end());
        return *found;
    }

  private:
    std::vector<std::string> all_;
};

/// A mistake in the README where `from` is not there.
std::string with(std::string command, const std::string& from, const std::string& to) {
    const std::size_t at = command.find(from);
    INFO(command);
    REQUIRE(at != std::string::npos);
    return command.replace(at, from.size(), to);
}

/// A shell in `folder` that finds this program.
std::vector<std::string> in_a_shell(const LabFolder& folder, const std::string& command) {
    const std::string programs = std::filesystem::path(SNI_LAB_BINARY).parent_path().string();
    return {
        "env", "-C",   folder.path().string(), "PATH=" + programs + ":" + getenv("PATH"), "bash",
        "-c",  command};
}

/// A witness that the README starts; it has the port that was free.
class Witness {
  public:
    Witness(const LabFolder& folder, const std::string& command)
        : program_(in_a_shell(folder, "exec " + command)) {
        while (!program_.line().starts_with("ready ")) {
        }
    }
    /// With all that it carried in its log.
    void finish() { CHECK(program_.end(SIGTERM) == 0); }

  private:
    Background program_;
};

/// The README's witness, with addresses of this test.
std::string witness_at(const Commands& readme, const std::string& listen, const Endpoint& service,
                       const std::string& admin) {
    std::string command = readme.find("sni-lab witness ");
    command = with(command, "0.0.0.0:8443", listen);
    command = with(command, "127.0.0.1:443", to_string(service));
    return with(command, "127.0.0.1:9000", admin);
}

router::Options gateway_to(const std::string& witness) {
    return {.listen = {loopback(0)}, .threads = 1, .non_tls = parse_endpoint(witness).value()};
}

std::string here() {
    return "127.0.0.1:" + free_port();
}

const std::string kHeading = "## Beside your own service: a witness";

const certs::CertBundle& shop() {
    static const certs::CertBundle pair = certs::issue(certificate_request({"shop.example.com"}));
    return pair;
}

/// nginx, or where there is none OpenSSL's own server.
struct Shop {
    Shop() {
        if (installed("nginx")) {
            nginx.emplace(shop());
            listening = nginx->listening();
            return;
        }
        WARN("nginx is not installed, so openssl s_server stands for it");
        certs::write_file(folder / "site.crt", shop().chain_pem());
        certs::write_file(folder / "site.key", shop().key.reveal());
        listening = parse_endpoint(here()).value();
        openssl.emplace(std::vector<std::string>{
            "openssl", "s_server", "-accept", to_string(listening), "-cert",
            (folder / "site.crt").string(), "-key", (folder / "site.key").string(), "-www"});
    }

    TempFolder folder;
    std::optional<Nginx> nginx;
    std::optional<Background> openssl;
    Endpoint listening;
};

}  // namespace

TEST_CASE("a witness's log on stdout stands there alone", "[e2e][witness]") {
    const LabFolder folder;
    Background witness(
        in_a_shell(folder,
                   "exec sni-lab witness --listen 127.0.0.1:0 --to 127.0.0.1:1 --identity w.key "
                   "--admin 127.0.0.1:0 --log - 2>&1 >log"));
    while (!witness.line().starts_with("ready 127.0.0.1:")) {
    }
    CHECK(witness.line().starts_with("admin 127.0.0.1:"));
    CHECK(witness.end(SIGTERM) == 0);
    std::istringstream log(slurp((folder / "log").string()));
    std::size_t lines = 0;
    for (std::string line; std::getline(log, line); ++lines) {
        CHECK(line.starts_with("{"));
    }
    CHECK(lines == 2);  // when it began, and when it ended
}

TEST_CASE("the README's witness proves a service of somebody else, as it is written there",
          "[e2e][witness]") {
    const Commands readme(kHeading);
    CHECK(readme.count() == 5);  // each of them is run here, or below
    const LabFolder folder;
    const Shop service;
    const std::string at_service = here();
    const std::string admin = here();
    Witness witness(folder, witness_at(readme, at_service, service.listening, admin));
    const route::Route route = route::parse_route("shop.example.com=" + at_service).value();
    router::Router gateway(route::RouteTable({route}), gateway_to(at_service));
    const std::string gate = to_string(gateway.listening().front());

    std::string verify = readme.find("sni-lab verify ", "shop.example.com");
    verify = with(with(verify, "gateway.example.com:443", gate), "127.0.0.1:9000", admin);
    for (const char* more : {"", " --tls-only"}) {
        const Finished verified = run_program(in_a_shell(folder, verify + " --wait 20s" + more));
        INFO(verified.out << verified.err);
        CHECK(verified.status == 0);
        CHECK(verified.out.find("PASSTHROUGH PROVEN") != std::string::npos);
    }

    // A second witness, beside the clients: what leads to the service leads to the gateway there.
    std::string beside = readme.find("sni-lab witness ");
    const std::string at_clients = here();
    beside = with(with(beside, "0.0.0.0:8443", at_clients), "127.0.0.1:443", gate);
    beside = with(with(beside, "127.0.0.1:9000", here()), "service.log", "clients.log");
    Witness clients(folder, beside);
    for (int i = 0; i < 3; ++i) {
        const auto connection =
            client::TlsConnection::open({.to = parse_endpoint(at_clients).value(),
                                         .sni = "shop.example.com",
                                         .timeout = std::chrono::seconds(20)});
        CHECK(connection.has_value());
    }
    clients.finish();
    gateway.stop(std::chrono::seconds(20));
    witness.finish();
    const Finished matched = run_program(in_a_shell(folder, readme.find("sni-lab match ")));
    INFO(matched.out << matched.err);
    CHECK(matched.status == 0);
    CHECK(matched.out.find("3 TLS connections at clients.log: passed 3") != std::string::npos);
}

TEST_CASE("the README's psql proves PostgreSQL, as it is written there", "[e2e][witness]") {
    const Commands readme(kHeading);
    std::string psql = readme.find("sni-lab verify ", "-- psql ");
    if (!Postgres::there()) return;
    const LabFolder folder;
    const Postgres service(shop(), "app");
    const std::string at_service = here();
    const std::string admin = here();
    const Witness witness(folder, witness_at(readme, at_service, service.listening(), admin));
    const router::Router gateway(route::RouteTable(), gateway_to(at_service));
    psql = with(psql, "db.example.com:5432", to_string(gateway.listening().front()));
    psql = with(psql, "127.0.0.1:9000", admin);
    // A database of the user's own name is what psql asks for, and there is none.
    const Finished verified = run_program(in_a_shell(folder, "PGDATABASE=postgres " + psql));
    INFO(verified.out << verified.err);
    CHECK(verified.status == 0);
    CHECK(verified.out.find("PASSTHROUGH PROVEN") != std::string::npos);
}

TEST_CASE("the README's export puts a witness beside a workload, as it is written there",
          "[e2e][witness]") {
    const LabFolder folder;
    spill(folder / "shop.yaml",
          slurp(std::string(SNI_LAB_SOURCE_DIR) + "/scenarios/passthrough/manifests.yaml"));
    const Finished exported =
        run_program(in_a_shell(folder, Commands(kHeading).find("sni-lab export ")));
    INFO(exported.out << exported.err);
    CHECK(exported.status == 0);
    CHECK(slurp(folder / "shop-witness.yaml").find("--to") != std::string::npos);
}

}  // namespace e2e_readme_witness_test
