// What get says of an answer, whatever that is, and the line for curl that it prints.
#include <nlohmann/json.hpp>

#include "certs/store.h"
#include "cli/curl_line.h"
#include "lab/core/encoding.h"
#include "tests/support/backend_fixture.h"
#include "tests/support/catch.h"
#include "tests/support/lab_folder.h"
#include "tests/support/lying_backend.h"
#include "tests/support/run_cli.h"
#include "tests/support/temp_folder.h"

namespace cli_get_test {

using namespace sni;
using nlohmann::json;
using test::LyingBackend;

namespace {

test::Ran get(const Endpoint& from, const std::string& url, std::vector<std::string> more = {}) {
    more.insert(more.begin(), {"get", url, "--connect", to_string(from)});
    return test::run(more);
}

/// What get makes of `answer`.
test::Ran told(const std::string& answer, LyingBackend::After after,
               const std::vector<std::string>& more = {}) {
    const LyingBackend server(answer, after);
    return get(server.listening(), "https://httpbin.example.com" + std::string(proof::kPath), more);
}

}  // namespace

TEST_CASE("get shows what came of an answer that is not whole, and says so", "[cli]") {
    using After = LyingBackend::After;
    const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n";
    const auto slow = told(head + "****", After::stay, {"--timeout", "300ms"});
    CHECK(slow.status == 4);
    CHECK(slow.out == "****");
    CHECK_THAT(slow.err, test::Contains("< HTTP/1.1 200 OK\n< content-length: 8\n"));
    CHECK_THAT(slow.err, test::Contains("with 200 OK, and does not come to the end in time "
                                        "[SL2108]"));

    const auto cut = told("HTTP/1.1 200 OK\r\n\r\n<p>You owe 100", After::cut);
    CHECK(cut.status == 4);
    CHECK(cut.out == "<p>You owe 100");
    CHECK_THAT(cut.err, test::Contains("(without close_notify) [SL2108]"));
    const auto whole = told("HTTP/1.1 200 OK\r\n\r\n<p>You owe 100", After::close);
    CHECK(whole.status == 0);

    const auto document = json::parse(told(head + "ab", After::close, {"--json"}).out)["answer"];
    CHECK(document["status"] == 200);
    CHECK(document["whole"] == false);
    CHECK(document["body"] == "ab");
}

TEST_CASE("get knows what is no HTTP, and what is HTTP after all", "[cli]") {
    using After = LyingBackend::After;
    const auto words = told("abc", After::close);
    CHECK(words.status == 4);
    CHECK_THAT(words.err, test::Contains("\"abc\" is no HTTP/1.1 status line) [SL2110]"));
    const auto banner = told("SSH-2.0-x\r\n", After::stay);
    CHECK_THAT(banner.err, test::Contains("[SL2110]"));
    const auto lines = told("HTTP/1.1 200 OK\nContent-Length: 3\n\nabc", After::stay);
    CHECK(lines.status == 0);
    CHECK(lines.out == "abc");
    const auto old = told("HTTP/1.0 200 OK\r\n\r\nabc", After::close);
    CHECK_THAT(old.err, test::Contains("< HTTP/1.0 200 OK\n"));
}

TEST_CASE("get shows a switch of protocols", "[cli]") {
    const test::KnownBackend site;
    const auto switched =
        get(site.backend.listening(), "https://httpbin.example.com/websocket/echo",
            {"-H", "Connection: Upgrade", "-H", "Upgrade: websocket", "-H",
             "Sec-WebSocket-Version: 13", "-H", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="});
    INFO(switched.err);
    CHECK(switched.status == 0);
    CHECK_THAT(switched.err, test::Contains("< HTTP/1.1 101 Switching Protocols\n"));
    CHECK_THAT(switched.err, test::Contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
}

TEST_CASE("get gives a body on as it came, in JSON as base64 where it is no text", "[cli]") {
    const test::KnownBackend site;
    const Endpoint from = site.backend.listening();
    CHECK(get(from, "https://httpbin.example.com/base64/YWJj").out == "abc");
    const auto bytes =
        json::parse(get(from, "https://httpbin.example.com/bytes/3?seed=0", {"--json"}).out);
    const std::string base64 = bytes["answer"]["body_base64"];
    CHECK(from_base64(base64).value().size() == 3);
    CHECK(bytes["answer"]["version"] == "HTTP/1.1");
    CHECK(bytes["answer"]["whole"] == true);
    const auto text = json::parse(get(from, "https://httpbin.example.com/get", {"--json"}).out);
    CHECK_FALSE(text["answer"].contains("body_base64"));
}

TEST_CASE("get refuses files that hold no certificate before anybody is asked", "[cli]") {
    const test::TempFolder folder;
    const std::string file = (folder / "none.pem").string();
    certs::write_file(file, "no certificate\n");
    const Endpoint nobody = loopback(1);
    const auto anchors = get(nobody, "https://a.example/", {"--cacert", file});
    CHECK(anchors.status == 2);
    CHECK_THAT(anchors.err, test::Contains("--cacert " + file + " holds no certificate"));
    CHECK(get(nobody, "https://a.example/", {"--client-cert", file}).status == 2);
    CHECK(get(nobody, "https://a.example/", {"--client-cert", file, "--client-key", file}).status ==
          2);
}

TEST_CASE("get refuses what is no header, by the same rules as a backend", "[cli]") {
    const std::string line = GENERATE("Nämé: x", "X", ": x", "X Y: x", "X\x80: x", "X: a\rY: b");
    const auto refused = get(loopback(1), "https://a.example/", {"-H", line});
    CHECK(refused.status == 2);
    CHECK_THAT(refused.err, test::Contains("is no header"));
}

TEST_CASE("get shows a client certificate to a backend that wants one", "[cli]") {
    const test::TempFolder folder;
    const auto& [authority, mine] = test::client_certificates();
    certs::write_file(folder / "a.crt", mine.chain_pem());
    certs::write_file(folder / "a.key", mine.key.reveal());
    auto options = test::backend_options();
    options.client_ca_pem = authority.cert_pem;
    options.client_cert = backend::ClientCert::required;
    const test::KnownBackend site(std::move(options));
    const std::string url = "https://httpbin.example.com/status/200";
    const auto without = get(site.backend.listening(), url);
    CHECK(without.status == 4);
    CHECK_THAT(without.err, test::Contains("--client-cert FILE --client-key FILE shows yours"));
    const auto with = get(site.backend.listening(), url,
                          {"--client-cert", (folder / "a.crt").string(), "--client-key",
                           (folder / "a.key").string()});
    INFO(with.err);
    CHECK(with.status == 0);
    CHECK_THAT(with.err, test::Contains(" --cert " + (folder / "a.crt").string()));
}

TEST_CASE("the line for curl says what curl would do otherwise", "[cli]") {
    const auto words = [](const std::string& target, const cli::HelloFlags& hello = {},
                          const std::optional<std::string>& sni = "a.example") {
        return cli::curl_words({.url = {.host = "a.example", .target = target},
                                .sni = sni,
                                .to = "127.0.0.1:8443",
                                .trust = "--cacert a.crt",
                                .hello = hello});
    };
    const std::string begin = "-v --cacert a.crt --connect-to a.example:443:127.0.0.1:8443";
    CHECK(words("/x") == begin + " -A sni-lab https://a.example/x");
    CHECK(words("/x", {.alpn = "http/1.1"}) == begin + " --http1.1 -A sni-lab https://a.example/x");
    CHECK(words("/x", {.tls = "1.2", .alpn = "none", .groups = "X25519,P-256"}) ==
          begin +
              " --http1.1 --no-alpn --tlsv1.2 --tls-max 1.2 --curves X25519:P-256 -A sni-lab "
              "https://a.example/x");
    CHECK(words("/[1-3]") == begin + " --globoff -A sni-lab 'https://a.example/[1-3]'");
    for (const std::string dots : {"/a/../b", "/.", "/a/%2e%2E"}) {
        CHECK(words(dots) == begin + " --path-as-is -A sni-lab https://a.example" + dots);
    }
    CHECK(words("/a..b?/../") == begin + " -A sni-lab 'https://a.example/a..b?/../'");
    CHECK(words("/x", {}, "b.example") ==
          "-v --cacert a.crt --connect-to b.example:443:127.0.0.1:8443 -A sni-lab -H 'Host: "
          "a.example' https://b.example/x");
    CHECK(words("/x", {}, std::nullopt) ==
          "-v --insecure --connect-to 127.0.0.1:443:127.0.0.1:8443 -A sni-lab -H 'Host: "
          "a.example' https://127.0.0.1/x");
    CHECK(cli::is_curls_own({.groups = "P-256"}));
    CHECK_FALSE(cli::is_curls_own({.as = "node"}));
    CHECK_FALSE(cli::is_curls_own({.alpn = "acme-tls/1"}));
}

TEST_CASE("the line for curl that get prints asks the same question", "[cli]") {
    if (!test::have("curl")) return;
    const test::KnownBackend site;
    const std::vector<std::vector<std::string>> rows = {
        {"httpbin.example.com/anything/x"},
        {"https://httpbin.example.com/anything/[1-3]/{a,b}?c=[d"},
        {"https://httpbin.example.com/anything/a/../b/./c"},
        {"https://httpbin.example.com/anything", "--groups", "X25519,P-256"},
        {"https://httpbin.example.com/anything", "--tls", "1.2", "--alpn", "none"},
        {"https://httpbin.example.com/anything", "-H", "X: it's", "-H", "accept:", "-H",
         "User-Agent: x"},
        {"https://httpbin.example.com/anything", "--sni", "other.example.com"},
        {"https://httpbin.example.com:8443/anything", "--no-sni"},
        {"https://httpbin.example.com/tls/hello"},
        {"https://httpbin.example.com/tls", "--sni", "other.example.com"},
        {"https://[::1]:8443/anything"},
    };
    for (std::vector<std::string> row : rows) {
        const std::string url = row.front();
        CAPTURE(row);
        row.erase(row.begin());
        row.emplace_back("--json");
        const auto got = json::parse(get(site.backend.listening(), url, row).out);
        const std::string line = got["same"];
        CAPTURE(line);
        const auto curl =
            test::run_program({"env", "-u", "https_proxy", "-u", "ALL_PROXY", "sh", "-c", line});
        INFO(curl.err);
        REQUIRE(curl.status == 0);
        const std::string body = got["answer"]["body"];
        auto ours = json::parse(body);
        auto theirs = json::parse(curl.out);
        // Each connection has a port and a random of its own.
        if (!ours.contains("url")) {
            for (const char* part : {"sni", "alpn", "version", "ja4"}) {
                CHECK(ours.value(part, json()) == theirs.value(part, json()));
            }
            continue;
        }
        CHECK(ours == theirs);
    }
}

}  // namespace cli_get_test
