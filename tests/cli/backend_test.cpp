#include <nlohmann/json.hpp>

#include "certs/identity.h"
#include "certs/store.h"
#include "lab/core/encoding.h"
#include "lab/proof/statement.h"
#include "tests/cli/backend_command.h"
#include "tests/support/backend_fixture.h"
#include "tests/support/catch.h"
#include "tests/support/process.h"
#include "tests/support/run_cli.h"
#include "tests/support/temp_folder.h"
#include "tests/support/tls_client.h"

namespace cli_backend_test {

using namespace sni;
using test::Command;
using test::contains;
using test::Files;
using test::Ran;
using test::run;

TEST_CASE("sni-lab backend serves, signs with its identity file, and stops on SIGTERM", "[cli]") {
    const Files files;
    Command command(files.args({"--name", "pod-7"}));
    const Endpoint where = command.ready();
    test::TlsClient client(where);
    CHECK(client.get("/status/418").reason == "I'm a teapot");

    const test::Answer answer =
        client.get(std::string(proof::kPath) + "?nonce=" + std::string(64, '7'));
    const auto envelope = proof::decode_envelope(answer.body);
    REQUIRE(envelope);
    const auto key = certs::IdentityPublicKey::parse(test::slurp(files.identity + ".pub"));
    REQUIRE(key);
    CHECK(key->verify(as_bytes(proof::signed_bytes(envelope->document)), envelope->signature));
    CHECK(proof::decode(envelope->document)->backend == "pod-7");
    CHECK(test::mode_of(files.identity) == 0600);

    CHECK(command.stop() == 0);
    CHECK(command.out() == "ready " + to_string(where) + "\n");
    CHECK(contains(command.err(), key->key_id()));
    CHECK(contains(command.err(), "\"target\":\"/status/418\""));
    CHECK_FALSE(contains(command.err(), "PRIVATE"));
    CHECK_THROWS(test::TcpClient(where));
}

TEST_CASE("a line of the access log that is lost in the last moment is told as well", "[cli]") {
    const Files files;
    Command command(files.args({"--access-log", "/dev/full"}));
    {
        test::TlsClient client(command.ready());
        CHECK(client.get("/status/418").status == 418);
    }
    CHECK(command.stop() == 0);
    CHECK(contains(command.err(), "access log: 1 line lost\n"));
}

TEST_CASE("curl gets its teapot from sni-lab backend", "[cli]") {
    const Files files;
    Command command(files.args());
    const Endpoint where = command.ready();
    const std::string port = std::to_string(where.port);
    const std::string base = "https://httpbin.example.com:" + port;
    const auto curl = [&](std::vector<std::string> more) {
        std::vector<std::string> line = {
            "curl",     "-sS",      "--noproxy", "*",
            "--cacert", files.cert, "--resolve", "httpbin.example.com:" + port + ":127.0.0.1"};
        line.insert(line.end(), more.begin(), more.end());
        const test::Finished finished = test::run_program(line);
        CAPTURE(finished.err);
        CHECK(finished.status == 0);
        return finished.out;
    };
    const std::string teapot = curl({"-i", base + "/status/418"});
    CHECK(teapot.starts_with("HTTP/1.1 418 I'm a teapot\r\n"));
    CHECK(contains(teapot, "teapot ]"));

    // Two on one connection, the second with a body that curl asks leave for.
    test::spill(files.folder / "body", std::string(2'000'000, 'b'));
    const std::string posted =
        curl({"-H", "Expect: 100-continue", "--data-binary", "@" + (files.folder / "body").string(),
              "-H", "Content-Type: text/plain", base + "/post", "-w",
              "%{num_connects} %{http_code}\\n"});
    CHECK(contains(posted, std::string(2'000'000, 'b')));
    CHECK(posted.ends_with("1 200\n"));
    const std::string form =
        curl({"-F", "field=value", "-F", "file=@" + files.cert, base + "/post"});
    const auto document = nlohmann::json::parse(form);
    CHECK(document.at("form") == nlohmann::json({{"field", "value"}}));
    CHECK(document.at("files").at("file") == test::lab_certificate().chain_pem());
    CHECK(contains(curl({"-I", base + "/get"}), "HTTP/1.1 200 OK"));
    CHECK(contains(curl({"--http1.0", base + "/get"}), base + "/get"));
    CHECK(contains(curl({"--tlsv1.2", "--tls-max", "1.2", base + "/tls"}), "\"TLSv1.2\""));
}

TEST_CASE("sni-lab backend asks for client certificates as it is told", "[cli]") {
    const Files files;
    const auto& [authority, certificate] = test::client_certificates();
    const std::string ca = files.folder / "ca.crt";
    certs::write_file(ca, authority.cert_pem);
    Command command(files.args({"--client-ca", ca}));
    const Endpoint where = command.ready();
    CHECK(contains(test::TlsClient(where, {.certificate = certificate}).get("/tls").body,
                   "client.example.com"));
    CHECK_THROWS(test::TlsClient(where, {.max_version = TLS1_2_VERSION}));
}

TEST_CASE("bad input for sni-lab backend is one clear message, and changes nothing", "[cli]") {
    const Files files;
    const std::string other = files.folder / "other.key";
    const std::string broken = files.folder / "broken.pem";
    certs::write_file(other, test::client_certificates().second.key.reveal(), 0600);
    certs::write_file(broken, "this is no PEM\n");
    const auto before = test::picture_of(files.folder.path());
    struct Row {
        std::vector<std::string> args;
        std::string message;
    };
    const std::string here = "127.0.0.1:0";
    const std::vector<Row> rows = {
        {{"backend"}, "--listen"},
        {{"backend", "--listen", here, "--cert", files.cert}, "--key"},
        {{"backend", "--listen", "nonsense", "--cert", files.cert, "--key", files.key},
         "\"nonsense\" has no port"},
        {{"backend", "--listen", "127.0.0.1:70000", "--cert", files.cert, "--key", files.key},
         "70000"},
        {{"backend", "--listen", "unix:/tmp/x", "--cert", files.cert, "--key", files.key},
         "unix:/tmp/x"},
        {{"backend", "--listen", here, "--cert", files.folder / "none", "--key", files.key},
         "none"},
        {{"backend", "--listen", here, "--cert", broken, "--key", files.key}, "broken.pem"},
        {{"backend", "--listen", here, "--cert", files.cert, "--key", broken}, "broken.pem"},
        {{"backend", "--listen", here, "--cert", files.cert, "--key", other},
         "belongs to another certificate"},
        {files.args({"--client-ca", broken}), "no client CA"},
        {files.args({"--client-cert", "required"}), "--client-ca"},
        {files.args({"--client-cert", "sometimes"}), "sometimes"},
        {files.args({"--plain", "nonsense"}), "\"nonsense\" has no port"},
        {files.args({"--plain", "unix:/tmp/x"}), "--plain: \"unix:/tmp/x\" is not ADDRESS:PORT"},
        {files.args({"--min-tls", "1.1"}), "1.1"},
        {files.args({"--min-tls", "1.3", "--max-tls", "1.2"}), "above the highest"},
        {files.args({"--ciphers", "NONSENSE"}), "\"NONSENSE\" is no list of ciphers"},
        {files.args({"--alpn", "http/1.1,h2"}), "does not speak h2"},
        {files.args({"--alpn", "a,,b"}), "an ALPN name has 1 to 255 bytes"},
        {files.args({"--fault", "burn"}), "there is no \"burn\""},
        {files.args({"--fault", "slow=5"}), "--fault slow"},
        {files.args({"--max-body", "-1"}), "--max-body"},
        {files.args({"--admin", "9901"}), "--admin: \"9901\" has no port"},
        {files.args({"--admin", "unix:/tmp/x"}), "--admin: \"unix:/tmp/x\" is not ADDRESS:PORT"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.message);
        const Ran ended = run(row.args);
        CAPTURE(ended.err);
        CHECK(ended.status == 2);
        CHECK(ended.out.empty());
        CHECK(contains(ended.err, row.message));
        CHECK(ended.err.find("error:") == ended.err.rfind("error:"));
    }
    CHECK(test::picture_of(files.folder.path()) == before);

    std::vector<std::string> with_bad_identity = files.args();
    with_bad_identity.back() = broken;
    CHECK(run(with_bad_identity).status == 2);
}

TEST_CASE("sni-lab backend on a port in use says so and exits 7", "[cli]") {
    const Files files;
    const backend::Backend first(test::backend_options());
    std::vector<std::string> args = files.args();
    args[2] = to_string(first.listening());
    const Ran ended = run(args);
    CHECK(ended.status == 7);
    CHECK(contains(ended.err, "[SL7001]"));
    CHECK(ended.out.empty());
}

TEST_CASE("a second signal stops sni-lab backend before its requests have finished", "[cli]") {
    const Files files;
    Command command(files.args());
    test::TlsClient client(command.ready());
    client.send(
        "POST /delay/10 HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
        "Content-Length: 1\r\n\r\n");
    CHECK(client.read_answer().status == 100);
    client.send("x");
    CHECK(test::TlsClient(command.ready()).get("/uuid").status == 200);
    const auto began = std::chrono::steady_clock::now();
    ::kill(::getpid(), SIGTERM);
    command.wait_for_talk("stopping");  // two signals at once would be one
    CHECK(command.stop() == 0);
    CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(5));
}

TEST_CASE("sni-lab backend warns when other machines can reach it", "[cli]") {
    const Files files;
    std::vector<std::string> args = files.args();
    args[2] = "0.0.0.0:0";
    Command command(args);
    command.ready();
    CHECK(command.stop() == 0);
    CHECK(contains(command.err(), "can be reached from other machines"));
}

TEST_CASE(
    "sni-lab backend reloads its certificate on SIGHUP, and keeps it when the new one is none",
    "[cli]") {
    const Files files;
    Command command(files.args());
    const Endpoint where = command.ready();
    test::TlsClient before(where);
    CHECK(before.get("/uuid").status == 200);

    test::spill(files.cert, "this is no PEM\n");
    ::kill(::getpid(), SIGHUP);
    command.wait_for_talk("not reloaded: certificate and key before stay\n");
    CHECK(test::TlsClient(where).get("/uuid").status == 200);

    const auto next = certs::issue(test::certificate_request({"next.example.com"}));
    test::spill(files.key, next.key.reveal());
    test::spill(files.cert, next.chain_pem());
    ::kill(::getpid(), SIGHUP);
    command.wait_for_talk("reloaded: new connections get the certificate ");
    CHECK(contains(test::TlsClient(where).get("/tls").body, "CN=next.example.com"));
    CHECK(contains(before.get("/tls").body, "CN=httpbin.example.com"));
    CHECK(command.stop() == 0);
}

TEST_CASE("sni-lab backend writes a key log for its owner alone, and warns of it", "[cli]") {
    const Files files;
    const std::string log = files.folder / "keys.log";
    test::spill(log, "# mine\n");
    {
        Command command(files.args({"--keylog", log}));
        CHECK(test::TlsClient(command.ready()).get("/uuid").status == 200);
        CHECK(command.stop() == 0);
        CHECK(contains(command.err(), "[SL6004]"));
        CHECK_FALSE(contains(command.err(), "TRAFFIC_SECRET"));
    }
    CHECK(test::mode_of(log) == 0600);
    CHECK(contains(test::slurp(log), "# mine\nSERVER_HANDSHAKE_TRAFFIC_SECRET "));
    CHECK(run(files.args({"--keylog", files.folder / "none" / "keys.log"})).status == 7);
    CHECK(run(files.args({"--keylog", "/dev/null"})).status == 2);
}

TEST_CASE("sni-lab backend serves without TLS, fails on purpose and limits bodies as told",
          "[cli]") {
    const Files files;
    Command command(files.args({"--plain", "127.0.0.1:0", "--fault", "close", "--max-body", "10"}));
    const Endpoint where = command.ready();
    CHECK_THROWS(test::TlsClient(where));
    const std::string words = "without TLS on ";
    const std::string err = command.err();
    const std::size_t at = err.find(words);
    REQUIRE(at != std::string::npos);
    const auto plain =
        parse_endpoint(err.substr(at + words.size(), err.find('\n', at) - at - words.size()));
    REQUIRE(plain);
    const test::TcpClient client(*plain);
    client.send("GET /uuid HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK(client.read_to_end().empty());
    CHECK(command.stop() == 0);

    Command limited(files.args({"--max-body", "10", "--min-tls", "1.3", "--alpn", "lab"}));
    test::TlsClient posting(limited.ready(), {.alpn = {"lab"}});
    CHECK(contains(posting.get("/tls").body, "\"alpn\": \"lab\""));
    posting.send("POST /post HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n");
    CHECK(posting.read_answer().status == 413);
    CHECK(limited.stop() == 0);
}

}  // namespace cli_backend_test
