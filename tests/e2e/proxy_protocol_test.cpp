// The PROXY protocol with other people's proxies: a router of ours tells one who the client is, and
// it tells another router of ours.
#include <chrono>

#include <nlohmann/json.hpp>

#include "tests/support/background.h"
#include "tests/support/catch.h"
#include "tests/support/lab_folder.h"
#include "tests/support/peer.h"

namespace e2e_proxy_protocol_test {

using namespace sni;
using namespace sni::test;
using nlohmann::json;

namespace {

const std::string kName = "httpbin.example.com";

Endpoint at(const std::string& port) {
    return loopback(static_cast<std::uint16_t>(std::stoul(port)));
}

void wait_for_listener(const Endpoint& endpoint) {
    for (const auto deadline = std::chrono::steady_clock::now() + kPatience;;) {
        try {
            Peer::to(endpoint);
            return;
        } catch (const std::runtime_error&) {
            if (std::chrono::steady_clock::now() > deadline) throw;
        }
    }
}

/// A router that logs to its stdout.
class Router {
  public:
    explicit Router(const Endpoint& backend, std::vector<std::string> flags)
        : program_(command(backend, std::move(flags))),
          address_(parse_endpoint(program_.line().substr(std::string("ready ").size())).value()) {}

    const Endpoint& address() const { return address_; }
    json record() { return json::parse(program_.line()); }

  private:
    static std::vector<std::string> command(const Endpoint& backend,
                                            std::vector<std::string> flags) {
        std::vector<std::string> words = {SNI_LAB_BINARY, "router",  "--listen",
                                          "127.0.0.1:0",  "--route", "*=" + to_string(backend),
                                          "--access-log", "-"};
        words.insert(words.end(), flags.begin(), flags.end());
        return words;
    }

    Background program_;
    Endpoint address_;
};

/// client > router > `proxy` on `port` > the router `behind` > an echo.
void check_chain(const std::string& version, const std::string& port, Router& behind) {
    CAPTURE(version);
    wait_for_listener(at(port));
    Router front(at(port), {"--proxy-protocol", version});
    Peer client = Peer::to(front.address());
    const std::string own = to_string(net::local_endpoint(client.fd()));
    const Buffer wire = hello_for(kName) + noise(100'000);
    std::thread sender([&] {
        client.send(wire);
        client.finish();
    });
    const Buffer echoed = client.read_all();
    sender.join();
    CHECK((echoed == wire));
    const json record = behind.record();
    CHECK(record["proxy_source"] == own);
    CHECK(record["outcome"] == "routed");
    CHECK(record["sni"] == kName);
    CHECK(record["bytes_up"] == wire.size());
    CHECK(record["ja4"].get<std::string>().size() == 36);
}

}  // namespace

TEST_CASE("HAProxy believes what a router of ours says, and is believed by one", "[e2e]") {
    if (!have("haproxy")) return;
    const Stub backend(echo);
    for (const std::string send :
         {"send-proxy", "send-proxy-v2", "send-proxy-v2 proxy-v2-options crc32c,unique-id"}) {
        CAPTURE(send);
        Router behind(backend.endpoint(), {"--accept-proxy", "127.0.0.1"});
        const TempFolder folder;
        const std::string port = free_port();
        spill(folder / "haproxy.cfg",
              "defaults\n"
              "    mode tcp\n"
              "    timeout connect 5s\n"
              "    timeout client 20s\n"
              "    timeout server 20s\n"
              "frontend in\n"
              "    bind 127.0.0.1:" +
                  port +
                  " accept-proxy\n"
                  "    unique-id-format %{+X}o\\ %ci:%cp\n"
                  "    default_backend out\n"
                  "backend out\n"
                  "    server s " +
                  to_string(behind.address()) + " " + send + "\n");
        const Background haproxy({"haproxy", "-db", "-f", (folder / "haproxy.cfg").string()});
        check_chain("v1", port, behind);
        check_chain("v2", port, behind);
    }
}

TEST_CASE("nginx believes what a router of ours says, and is believed by one", "[e2e]") {
    if (!have("nginx")) return;
    const Stub backend(echo);
    Router behind(backend.endpoint(), {"--accept-proxy", "127.0.0.1"});
    const TempFolder folder;
    const std::string port = free_port();
    const std::string module = "/usr/lib/nginx/modules/ngx_stream_module.so";
    spill(folder / "nginx.conf",
          (std::filesystem::exists(module) ? "load_module " + module + ";\n" : std::string()) +
              "daemon off;\n"
              "worker_processes 1;\n"
              "pid " +
              (folder / "nginx.pid").string() +
              ";\n"
              "error_log stderr error;\n"
              "events {}\n"
              "stream {\n"
              "    server {\n"
              "        listen 127.0.0.1:" +
              port +
              " proxy_protocol;\n"
              "        set_real_ip_from 127.0.0.0/8;\n"
              "        proxy_pass " +
              to_string(behind.address()) +
              ";\n"
              "        proxy_protocol on;\n"
              "        proxy_half_close on;\n"
              "    }\n"
              "}\n");
    const Background nginx({"nginx", "-e", "stderr", "-p", folder.path().string(), "-c",
                            (folder / "nginx.conf").string()});
    check_chain("v1", port, behind);
    check_chain("v2", port, behind);
}

TEST_CASE("flags of the PROXY protocol that make no sense are refused", "[e2e]") {
    const auto router = [](const std::vector<std::string>& flags) {
        std::vector<std::string> words = {SNI_LAB_BINARY, "router",  "--listen",
                                          "127.0.0.1:0",  "--route", "*=127.0.0.1:1"};
        words.insert(words.end(), flags.begin(), flags.end());
        return run_program(words);
    };
    CHECK(router({"--proxy-protocol", "v3"}).status == 2);
    const Finished range = router({"--accept-proxy", "10.0.0.0/8", "--accept-proxy", "10.0.0.1/8"});
    CHECK(range.status == 2);
    CHECK(range.err ==
          "sni-lab: error: --accept-proxy: \"10.0.0.1/8\" has bits behind its prefix; write "
          "10.0.0.0/8 or 10.0.0.1 [SL1001]\n");
}

}  // namespace e2e_proxy_protocol_test
