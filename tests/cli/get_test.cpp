// What get says of an answer, whatever that is, and the line for curl that it prints.
#include <nlohmann/json.hpp>

#include "certs/store.h"
#include "lab/core/encoding.h"
#include "tests/support/backend_fixture.h"
#include "tests/support/catch.h"
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
}

}  // namespace cli_get_test
