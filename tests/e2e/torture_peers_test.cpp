// sni-lab torture against gateways that many people have, set up as their guides say.
#include <fstream>
#include <map>

#include <nlohmann/json.hpp>

#include "lab/core/endpoint.h"
#include "lab/net/dial.h"
#include "tests/support/background.h"
#include "tests/support/catch.h"
#include "tests/support/lab_folder.h"
#include "tests/support/run_cli.h"
#include "tests/support/temp_folder.h"

namespace e2e_torture_peers_test {

using namespace sni;
using nlohmann::json;

namespace {

/// A gateway's configuration with PORT, TARGET, DECOY and FOLDER in it, and its command.
class Site {
  public:
    Site(std::string config, std::vector<std::string> command) {
        const std::pair<std::string, std::string> words[] = {{"PORT", port_},
                                                             {"TARGET", target_},
                                                             {"DECOY", decoy_},
                                                             {"FOLDER", folder_.path().string()}};
        for (const auto& [word, value] : words) {
            for (std::size_t at = 0; (at = config.find(word)) != std::string::npos;) {
                config.replace(at, word.size(), value);
            }
        }
        const std::string file = (folder_.path() / "gateway.conf").string();
        std::ofstream(file) << config;
        command.push_back(file);
        gateway_.emplace(command);
        const Endpoint at = parse_endpoint("127.0.0.1:" + port_).value();
        const auto deadline = net::Clock::now() + std::chrono::seconds(20);
        const net::Wakeup never;
        while (!net::dial(at, deadline)) {
            REQUIRE(net::Clock::now() < deadline);
            never.called(std::chrono::milliseconds(20));
        }
    }

    /// The verdict of each shape.
    std::map<std::string, std::string> ask(const std::vector<std::string>& more = {}) const {
        std::vector<std::string> words = {"torture",
                                          "--gateway",
                                          "127.0.0.1:" + port_,
                                          "--sni",
                                          "a.test",
                                          "--target",
                                          "127.0.0.1:" + target_,
                                          "--decoy",
                                          "127.0.0.1:" + decoy_,
                                          "--hello-timeout",
                                          "2s",
                                          "--json"};
        words.insert(words.end(), more.begin(), more.end());
        const test::Ran ran = test::run(words);
        INFO(ran.err);
        REQUIRE(ran.status == 1);
        const json document = json::parse(ran.out);
        CHECK(document["asked"] == document["wanted"]);
        std::map<std::string, std::string> verdicts;
        for (const json& shape : document["shapes"]) {
            verdicts[shape["name"]] = shape["verdict"];
        }
        return verdicts;
    }

  private:
    test::TempFolder folder_;
    std::string port_ = test::free_port();
    std::string target_ = test::free_port();
    std::string decoy_ = test::free_port();
    std::optional<test::Background> gateway_;
};

/// Of shapes whose names begin so.
std::map<std::string, int> counted(const std::map<std::string, std::string>& verdicts,
                                   std::string_view begin) {
    std::map<std::string, int> counts;
    for (const auto& [name, verdict] : verdicts) {
        if (name.starts_with(begin)) ++counts[verdict];
    }
    return counts;
}

}  // namespace

TEST_CASE("torture shows that HAProxy sends hellos in several records to its default",
          "[e2e][torture]") {
    if (!test::have("haproxy")) return;
    const Site site(R"(defaults
    mode tcp
    timeout connect 5s
    timeout client 1m
    timeout server 1m
frontend sni
    bind 127.0.0.1:PORT
    tcp-request inspect-delay 2s
    tcp-request content accept if { req.ssl_hello_type 1 }
    use_backend a if { req.ssl_sni -i a.test }
    default_backend d
backend a
    server s 127.0.0.1:TARGET
backend d
    server s 127.0.0.1:DECOY
)",
                    {"/usr/sbin/haproxy", "-db", "-q", "-f"});
    // Not len/: by a name that lies about its length this HAProxy may end, and nobody starts it
    // again here; torture_start_test.cpp asks that.
    const std::vector<std::string> shapes = {"--only", "seg/*",   "rec/*",  "size/*",
                                             "name/*", "names/*", "ext/*",  "offer/*",
                                             "cut/*",  "alien/*", "then/*", "client/*"};
    const auto verdicts = site.ask(shapes);
    CHECK(verdicts.at("rec/2-records-mid-sni") == "misrouted");
    CHECK(counted(verdicts, "rec/2-records-behind").size() <= 2);
    CHECK(counted(verdicts, "rec/records-of-")["misrouted"] == 13);
    CHECK(verdicts.at("name/case-upper") == "right");
    CHECK(counted(verdicts, "seg/").size() == 1);
    CHECK(counted(verdicts, "seg/").contains("right"));
    CHECK(site.ask(shapes) == verdicts);
}

TEST_CASE("torture shows that nginx closes both sides when a client has finished sending",
          "[e2e][torture]") {
    const std::string module = test::have_nginx_stream();
    if (module.empty()) return;
    const Site site("load_module " + module + R"(;
daemon off;
pid FOLDER/nginx.pid;
error_log stderr crit;
events { worker_connections 1024; }
stream {
    preread_timeout 2s;
    map $ssl_preread_server_name $to {
        hostnames;
        a.test 127.0.0.1:TARGET;
        default 127.0.0.1:DECOY;
    }
    server { listen 127.0.0.1:PORT; ssl_preread on; proxy_pass $to; }
}
)",
                    {"/usr/sbin/nginx", "-e", "stderr", "-c"});
    const auto verdicts = site.ask();
    CHECK(verdicts.at("rec/2-records-mid-sni") == "right");
    CHECK(verdicts.at("then/half-close") == "lost");
    CHECK(verdicts.at("offer/alpn-empty-name") == "misrouted");
    CHECK(counted(verdicts, "seg/").size() == 1);
    CHECK(counted(verdicts, "seg/").contains("right"));
}

}  // namespace e2e_torture_peers_test
