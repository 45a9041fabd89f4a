// Other people's clients as the probe: real ones, through gateways that are honest, that end TLS,
// and that spare the hello of this tool alone.
#include <chrono>

#include "tests/e2e/client_site.h"
#include "tests/support/browser.h"
#include "tests/support/elapsed.h"
#include "tests/support/lab_folder.h"

namespace e2e_own_clients_test {

using namespace sni;
using namespace sni::e2e;
using test::have;

TEST_CASE("each client that is installed is proven through an honest gateway, and caught",
          "[e2e]") {
    const Site site;
    const CheatingGateway honest(site.gateway(0));
    const CheatingGateway cheat(site.gateway(1));
    const std::pair<const char*, const char*> clients[] = {
        {"curl", "curl"}, {"openssl", "openssl"}, {"python", "python3"}, {"node", "node"}};
    for (const auto& [name, program] : clients) {
        CAPTURE(name);
        if (!have(program)) continue;
        const Ran proven = site.verify(honest.listening(), {"--json", "--clients", name});
        INFO(proven.out << proven.err);
        CHECK(proven.status == 0);
        CHECK(proven.line("session")["mark"] == "pass");
        CHECK(proven.check()["client"]["tls"]["version"] == "TLSv1.3");
        CHECK(proven.check()["client"]["ja4"].get<std::string>().starts_with("t13d"));
        const Ran caught = site.verify(cheat.listening(), {"--json", "--clients", name});
        INFO(caught.out << caught.err);
        CHECK(caught.status == 1);
        CHECK(caught.line("session")["code"] == "SL2307");
        CHECK(caught.check()["client"]["ja4"] == proven.check()["client"]["ja4"]);
    }
}

TEST_CASE("a browser is proven through an honest gateway, and caught", "[e2e]") {
    if (!test::have_chromium()) return;
    const Site site;
    const CheatingGateway honest(site.gateway(0));
    const Ran proven = site.verify(honest.listening(), {"--json", "--clients", "chromium"});
    INFO(proven.out << proven.err);
    CHECK(proven.status == 0);
    const CheatingGateway cheat(site.gateway(1));
    CHECK(site.verify(cheat.listening(), {"--json", "--clients", "chromium"}).status == 1);
}

TEST_CASE("a gateway that spares this tool's hello is caught by the clients that it reads",
          "[e2e]") {
    if (!have("python3") || !have("node")) return;
    const Site site;
    const CheatingGateway selective(site.spares_us());
    CHECK(site.verify(selective.listening(), {"--samples", "4"}).status == 0);
    const Ran table = site.verify(selective.listening(), {"--clients", "python,node"});
    INFO(table.out << table.err);
    CHECK(table.status == 1);
    CHECK_THAT(table.out, test::Contains("  client     JA4"));
    CHECK_THAT(table.out, test::Contains("\n  python     t13d"));
    CHECK_THAT(table.out, test::Contains("\n  node       t13d"));
    CHECK_THAT(table.out, test::Contains("terminated\n"));
    for (const char* name : {"openssl", "chromium"}) {
        CAPTURE(name);
        if (!have(name)) continue;
        const Ran other = site.verify(selective.listening(), {"--json", "--clients", name});
        INFO(other.out << other.err);
        CHECK(other.status == 1);
        CHECK(other.line("session")["code"] == "SL2307");
    }
}

TEST_CASE("any command is run as the client, and told where to go", "[e2e]") {
    if (!have("curl")) return;
    const Site site;
    const CheatingGateway honest(site.gateway(0));
    const Endpoint gateway = honest.listening();
    const Ran curl = site.verify(gateway, kCurl);
    INFO(curl.out << curl.err);
    CHECK(curl.status == 0);
    CHECK_THAT(curl.line("client")["text"].get<std::string>(), test::Contains("sh: TLSv1.3"));
    CHECK(site.verify(gateway, shell("curl -sk --resolve \"$SNI_LAB_RESOLVE\" \"$0\"")).status ==
          0);
    const CheatingGateway cheat(site.gateway(1));
    CHECK(site.verify(cheat.listening(), kCurl).status == 1);
}

TEST_CASE("each way of telling a client where to go names the same place", "[e2e]") {
    const Site site;
    const CheatingGateway honest(site.gateway(0));
    const auto file = [&](const char* name) { return "'" + (site.folder / name).string() + "'"; };
    const Ran told = site.verify(
        honest.listening(),
        {"--json", "--", "sh", "-c",
         "printf '%s\n' \"$SNI_LAB_CONNECT_TO|$SNI_LAB_RESOLVE|$SNI_LAB_HOST_RULES|$0|$2|$3|$4\" "
         "> " +
             file("told") + "; stat -c %a \"$SSLKEYLOGFILE\" >> " + file("told") +
             "; echo \"$SSLKEYLOGFILE\" > " + file("log") + "; printf %s \"$1\" > " + file("port"),
         "{host}", "{port}", "{connect}", "{proxy}", "{keylog}"});
    CHECK(told.status == 3);
    CHECK(told.line("way")["code"] == "SL2335");
    const std::string port = test::slurp(site.folder / "port");
    CHECK(port != std::to_string(honest.listening().port));  // of the witness before it
    const std::string name = "httpbin.example.com:" + port;
    std::string log = test::slurp(site.folder / "log");
    log.pop_back();
    CHECK(test::slurp(site.folder / "told") == name + ":127.0.0.1:" + port + "|" + name +
                                                   ":127.0.0.1|MAP " + name + " 127.0.0.1:" + port +
                                                   "|httpbin.example.com|127.0.0.1:" + port +
                                                   "|127.0.0.1:" + port + "|" + log + "\n600\n");
    CHECK_FALSE(std::filesystem::exists(std::filesystem::path(log).parent_path()));
}

TEST_CASE("a client that goes another way proves nothing of the gateway", "[e2e]") {
    if (!have("curl")) return;
    const Site site;
    // Past the gateway, straight to the backend.
    const auto past = shell("curl -sk --connect-to ::" + to_string(site.direct()) + " \"$0\"");
    const CheatingGateway cheat(site.gateway(1));
    for (const Endpoint& gateway : {cheat.listening(), loopback(1)}) {
        CAPTURE(to_string(gateway));
        const Ran ran = site.verify(gateway, past);
        INFO(ran.out << ran.err);
        CHECK(ran.status == 3);
        CHECK(ran.line("session")["mark"] == "pass");
        CHECK(ran.line("way")["code"] == "SL2335");
        CHECK_THAT(ran.line("way")["hint"].get<std::string>(), test::Contains("{connect}"));
    }
    // Nor does a first connection by the gateway, of which it shows nothing.
    const CheatingGateway honest(site.gateway(0));
    const Ran both = site.verify(
        honest.listening(),
        shell("curl -sk --connect-to \"$SNI_LAB_CONNECT_TO\" \"$0\" > /dev/null; curl -sk "
              "--connect-to ::" +
              to_string(site.direct()) + " \"$0\""));
    CHECK(both.status == 3);
    CHECK(both.line("way")["code"] == "SL2335");
}

TEST_CASE("a client that sends another name shows nothing of the one asked about", "[e2e]") {
    if (!have("curl")) return;
    const Site site;
    const CheatingGateway honest(site.gateway(0));
    for (const char* url : {"https://{connect}{path}", "https://other.example.com:{port}{path}"}) {
        CAPTURE(url);
        const Ran ran = site.verify(honest.listening(), {"--json", "--", "curl", "-sk",
                                                         "--connect-to", "::{connect}", url});
        INFO(ran.out << ran.err);
        CHECK(ran.status == 3);
        CHECK(ran.line("way")["code"] == "SL2359");
    }
}

TEST_CASE("without SNI no client that is known sends one", "[e2e]") {
    const Site site;
    const CheatingGateway honest(site.gateway(0));
    for (const auto& [name, program] : {std::pair{"curl", "curl"},
                                        {"openssl", "openssl"},
                                        {"python", "python3"},
                                        {"node", "node"}}) {
        CAPTURE(name);
        if (!have(program)) continue;
        const Ran ran =
            site.verify(honest.listening(), {"--json", "--clients", name}, {"--no-sni"});
        INFO(ran.out << ran.err);
        CHECK(ran.status == 0);
        CHECK(ran.check()["client"]["tls"]["sni"].is_null());
        CHECK(ran.check()["client"]["ja4"].get<std::string>().starts_with("t13i"));
    }
}

TEST_CASE("each of a client's connections is to be proven, and one that is read is caught",
          "[e2e]") {
    if (!have("curl")) return;
    const Site site;
    const std::string curl = "curl -sk --connect-to \"$SNI_LAB_CONNECT_TO\" \"$0\"";
    const auto both = shell(curl + "; " + curl);
    const auto first = shell(curl + "; " + curl + " > /dev/null");
    const auto last = shell(curl + " > /dev/null; " + curl);

    const CheatingGateway honest(site.gateway(0));
    const Ran proven = site.verify(honest.listening(), both);
    INFO(proven.out << proven.err);
    CHECK(proven.status == 0);
    CHECK(site.verify(honest.listening(), last).line("way")["code"] == "SL2336");

    // It reads the second of three, the first of which is verify's own.
    const auto through = [&](const std::vector<std::string>& more) {
        const CheatingGateway every_other(site.gateway(2));
        return site.verify(every_other.listening(), more);
    };
    CHECK(through(both).status == 1);
    CHECK(through(first).status == 1);
    const Ran unknown = through(last);
    INFO(unknown.out << unknown.err);
    CHECK(unknown.status == 3);
    CHECK(unknown.line("session")["mark"] == "pass");
    CHECK(unknown.line("way")["code"] == "SL2336");
}

TEST_CASE("a client of TLS 1.2 is proven by its master secret, and caught", "[e2e]") {
    if (!have("curl")) return;
    const Site site;
    const CheatingGateway honest(site.gateway(0));
    const auto curl = shell("curl -sk --tls-max 1.2 --connect-to \"$SNI_LAB_CONNECT_TO\" \"$0\"");
    const Ran proven = site.verify(honest.listening(), curl);
    INFO(proven.out << proven.err);
    CHECK(proven.status == 0);
    CHECK(proven.line("session")["mark"] == "pass");
    CHECK(proven.check()["client"]["tls"]["version"] == "TLSv1.2");
    const CheatingGateway cheat(site.gateway(1));
    const Ran caught = site.verify(cheat.listening(), curl);
    INFO(caught.out << caught.err);
    CHECK(caught.status == 1);
    CHECK(caught.line("session")["code"] == "SL2307");
}

}  // namespace e2e_own_clients_test
