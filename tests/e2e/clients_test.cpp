// Clients and servers that are not ours, with the router between them and a tap on either side: it
// must carry every byte as it is, or they would not even notice what it spoils.
#include <algorithm>
#include <optional>
#include <span>

#include "lab/tls/hello_facts.h"
#include "tests/support/background.h"
#include "tests/support/catch.h"
#include "tests/support/lab_folder.h"
#include "tests/support/tap.h"

namespace e2e_clients_test {

using namespace sni;
using namespace sni::test;

namespace {

constexpr std::string_view kRequest =
    "GET / HTTP/1.1\r\nHost: httpbin.example.com\r\nConnection: close\r\n\r\n";

/// A TCP segment on an Ethernet link carries little more.
constexpr std::size_t kEthernet = 1'400;

/// A server's certificate and a client's, and the authority that signed both.
class Site {
  public:
    Site() {
        make({"certgen", "httpbin.example.com", "--ca", "--out", "."});
        make({"certgen", "alice", "--client", "--ca", "--out", "."});
    }
    std::string file(std::string_view name) const { return (folder / name).string(); }

    LabFolder folder;

  private:
    void make(const std::vector<std::string>& certgen) const {
        const Finished made = folder.run(certgen);
        INFO(made.err);
        REQUIRE(made.status == 0);
    }
};

/// The rest of the first line that starts with `start`.
std::string after(const std::string& start, Background& program) {
    for (;;) {
        const std::string line = program.line();
        if (line.starts_with(start)) return line.substr(start.size());
    }
}

/// OpenSSL's own server: to a request it answers with a page about the session.
class OpensslServer {
  public:
    explicit OpensslServer(const Site& site, const std::vector<std::string>& flags = {})
        : program_(command(site, flags)),
          endpoint_(parse_endpoint(after("ACCEPT ", program_)).value()) {}
    const Endpoint& endpoint() const { return endpoint_; }

  private:
    static std::vector<std::string> command(const Site& site,
                                            const std::vector<std::string>& flags) {
        std::vector<std::string> all = {"openssl", "s_server",
                                        "-accept", "127.0.0.1:0",
                                        "-cert",   site.file("httpbin.example.com.crt"),
                                        "-key",    site.file("httpbin.example.com.key"),
                                        "-www"};
        all.insert(all.end(), flags.begin(), flags.end());
        return all;
    }

    Background program_;
    Endpoint endpoint_;
};

/// nginx with HTTP/2 and early data; /large is of four megabytes, all else a line on the session.
/// It waits for the client's end: a reset would overtake the close_notify on the way to it.
class Nginx {
  public:
    explicit Nginx(const Site& site) : port_(free_port()), program_(command(site)) {
        // By then it listens.
        for (;;) {
            if (program_.line().find("event method") != std::string::npos) break;
        }
    }
    Endpoint endpoint() const { return parse_endpoint("127.0.0.1:" + port_).value(); }

  private:
    std::vector<std::string> command(const Site& site) const {
        const std::string folder = site.folder.path().string();
        std::string paths;
        for (const std::string kind : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"}) {
            paths += kind + "_temp_path " + folder + "/" + kind + "; ";
        }
        const Buffer large = noise(4u << 20);
        spill(site.folder / "large", as_text(large));
        spill(site.folder / "nginx.conf",
              "daemon off; pid " + folder +
                  "/nginx.pid; error_log /dev/stdout notice;\nevents {}\n"
                  "http { access_log off; " +
                  paths + "\n server { listen 127.0.0.1:" + port_ +
                  " ssl http2; ssl_certificate httpbin.example.com.crt; "
                  "ssl_certificate_key httpbin.example.com.key; ssl_protocols TLSv1.2 TLSv1.3; "
                  "ssl_early_data on; lingering_close always;\n"
                  "  location / { default_type text/plain; "
                  "return 200 \"$server_protocol $ssl_session_reused\\n\"; }\n"
                  "  location /large { root " +
                  folder + "; } } }\n");
        return {"/usr/sbin/nginx",     "-c", folder + "/nginx.conf", "-p", folder, "-e",
                folder + "/nginx.log", "-g", "master_process off;"};
    }

    std::string port_;
    Background program_;
};

bool starts_with(const Buffer& all, const Buffer& first) {
    return all.size() >= first.size() &&
           std::ranges::equal(first, std::span(all).first(first.size()));
}

/// Client, tap, router, tap, server.
class Chain {
  public:
    Chain(const Site& site, const Endpoint& server, std::size_t segment = Tap::kWhole)
        : behind_(server),
          router_(site.folder.command({"router", "--listen", "127.0.0.1:0", "--route",
                                       "httpbin.example.com=" + to_string(behind_.endpoint())})),
          before_(parse_endpoint(after("ready ", router_)).value(), segment) {}

    std::string address() const { return to_string(before_.endpoint()); }
    std::string port() const { return std::to_string(before_.endpoint().port); }

    /// Waits until the router has passed `count` connections on, or more, demands that they were
    /// the same behind it as before it, and hands them out. Of one that the client cut (a browser's
    /// second one, when the first handshake takes it too long) there may be less on the far side.
    std::vector<Tapped> same_on_both_sides(std::size_t count) {
        std::vector<Tapped> behind = behind_.conversations(count);
        std::vector<Tapped> before = before_.conversations(count);
        std::vector<Tapped> whole;
        for (Tapped& here : before) {
            CAPTURE(here.up.size(), here.down.size(), here.cut);
            // No two hellos are the same.
            const auto there = std::ranges::find_if(
                behind, [&](const Tapped& one) { return starts_with(here.up, one.up); });
            if (there == behind.end()) {
                CHECK(here.cut);
                continue;
            }
            CAPTURE(there->up.size(), there->down.size());
            CHECK(starts_with(there->down, here.down));
            const bool same = here.up.size() == there->up.size() &&
                              here.down.size() == there->down.size() && !here.down.empty();
            CHECK((same || here.cut));
            if (same) whole.push_back(std::move(here));
            behind.erase(there);
        }
        CHECK(behind.empty());
        REQUIRE(whole.size() >= count);
        return whole;
    }

  private:
    Tap behind_;
    Background router_;
    Tap before_;
};

std::vector<std::string> s_client(const Chain& chain, const std::vector<std::string>& flags) {
    std::vector<std::string> all = {"openssl",
                                    "s_client",
                                    "-connect",
                                    chain.address(),
                                    "-servername",
                                    "httpbin.example.com",
                                    "-verify_return_error",
                                    "-ign_eof"};
    all.insert(all.end(), flags.begin(), flags.end());
    return all;
}

/// One session of s_client with `flags`, to the server's last byte.
std::string talk(const Chain& chain, const Site& site, std::vector<std::string> flags,
                 std::string_view request = kRequest) {
    flags.insert(flags.end(), {"-CAfile", site.file("lab-ca.crt")});
    const Finished client = run_program(s_client(chain, flags), request);
    INFO(client.out << client.err);
    CHECK(client.status == 0);
    CHECK(client.out.find("Verify return code: 0 (ok)") != std::string::npos);
    CHECK(client.out.find("200 ") != std::string::npos);
    return client.out;
}

bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

void resumes(const std::string& flag, const std::string& version) {
    const Site site;
    const OpensslServer server(site);
    Chain chain(site, server.endpoint());
    const std::string session = site.file("session.pem");
    CHECK(has(talk(chain, site, {flag, "-sess_out", session}), "\nNew, " + version));
    CHECK(has(talk(chain, site, {flag, "-sess_in", session}), "\nReused, " + version));
    CHECK(chain.same_on_both_sides(2).size() == 2);
}

}  // namespace

TEST_CASE("s_client's TLS 1.2 passes the router byte for byte, resumption too", "[e2e]") {
    resumes("-tls1_2", "TLSv1.2");
}

TEST_CASE("s_client's TLS 1.3 passes the router byte for byte, resumption too", "[e2e]") {
    resumes("-tls1_3", "TLSv1.3");
}

TEST_CASE("s_client's early data passes the router behind the hello, byte for byte", "[e2e]") {
    if (!have("nginx")) return;
    const Site site;
    const Nginx server(site);
    Chain chain(site, server.endpoint());
    const std::string session = site.file("session.pem");
    CHECK(has(talk(chain, site, {"-tls1_3", "-sess_out", session}), "HTTP/1.1 .\n"));

    spill(site.folder / "request", kRequest);
    const std::string early = talk(
        chain, site, {"-tls1_3", "-sess_in", session, "-early_data", site.file("request")}, {});
    // There was no other request to answer.
    CHECK(has(early, "Early data was accepted"));
    CHECK(has(early, "HTTP/1.1 r\n"));
    CHECK(chain.same_on_both_sides(2).size() == 2);
}

TEST_CASE("a client certificate passes the router, in TLS 1.2 and in TLS 1.3", "[e2e]") {
    const Site site;
    const OpensslServer server(
        site, {"-Verify", "1", "-verify_return_error", "-CAfile", site.file("lab-ca.crt")});
    Chain chain(site, server.endpoint());
    for (const std::string version : {"-tls1_2", "-tls1_3"}) {
        const std::string page =
            talk(chain, site,
                 {version, "-cert", site.file("alice.crt"), "-key", site.file("alice.key")});
        CHECK(has(page, "Client certificate\n"));
        CHECK(has(page, "Subject: CN=alice\n"));
    }
    CHECK(chain.same_on_both_sides(2).size() == 2);
}

TEST_CASE("curl gets four megabytes through the router, byte for byte", "[e2e]") {
    if (!have("nginx")) return;
    const Site site;
    const Nginx server(site);
    Chain chain(site, server.endpoint());
    const Finished curl =
        run_program({"curl", "-sS", "--cacert", site.file("lab-ca.crt"), "--resolve",
                     "httpbin.example.com:" + chain.port() + ":127.0.0.1", "-o", site.file("got"),
                     "-w", "%{http_code} %{size_download}",
                     "https://httpbin.example.com:" + chain.port() + "/large"});
    INFO(curl.err);
    CHECK(curl.status == 0);
    CHECK(curl.out == "200 4194304");
    CHECK((slurp(site.folder / "got") == slurp(site.folder / "large")));
    const std::vector<Tapped> tapped = chain.same_on_both_sides(1);
    REQUIRE(tapped.size() == 1);
    CHECK(tapped[0].down.size() > 4u << 20);
}

TEST_CASE("nghttp's HTTP/2 passes the router byte for byte", "[e2e]") {
    if (!have("nginx") || !have("nghttp")) return;
    const Site site;
    const Nginx server(site);
    Chain chain(site, server.endpoint());
    // It knows no way to another address than the name's; the name in its hello is a header's.
    const Finished nghttp = run_program({"nghttp", "-v", "-H", ":authority: httpbin.example.com",
                                         "https://127.0.0.1:" + chain.port() + "/"});
    INFO(nghttp.out << nghttp.err);
    CHECK(nghttp.status == 0);
    CHECK(has(nghttp.out, "The negotiated protocol: h2"));
    CHECK(has(nghttp.out, ":status: 200"));
    CHECK(has(nghttp.out, "HTTP/2.0 .\n"));
    CHECK(chain.same_on_both_sides(1).size() == 1);
}

TEST_CASE("Chromium's post-quantum hello passes the router in two segments, byte for byte",
          "[e2e]") {
    // Too large to be demanded anywhere.
    if (!installed("chromium") || !have("nginx")) {
        WARN("not run: it takes chromium and nginx");
        return;
    }
    const Site site;
    const Nginx server(site);
    Chain chain(site, server.endpoint(), kEthernet);
    // Nothing but the name goes anywhere.
    const Finished chromium = run_program(
        {"timeout", "--kill-after=5", "45", "chromium", "--headless", "--no-sandbox",
         "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
         "--disable-background-networking", "--user-data-dir=" + site.file("chromium"),
         "--host-resolver-rules=MAP httpbin.example.com 127.0.0.1:" + chain.port() +
             ",MAP * ~NOTFOUND",
         "--ignore-certificate-errors", "--dump-dom", "https://httpbin.example.com/status/200"});
    INFO(chromium.out << chromium.err);
    CHECK(chromium.status == 0);
    CHECK(has(chromium.out, "HTTP/2.0 "));
    const std::vector<Tapped> tapped = chain.same_on_both_sides(1);
    for (const Tapped& connection : tapped) {
        const std::vector<tls::HelloFacts> hellos = tls::describe_hellos(connection.up);
        REQUIRE(hellos.size() == 1);
        CHECK(hellos[0].server_name == "httpbin.example.com");
        CHECK(std::ranges::count(hellos[0].key_shares, 0x11ec, &tls::KeyShare::group) == 1);
        CHECK(hellos[0].message_bytes > kEthernet);
    }
}

}  // namespace e2e_clients_test
