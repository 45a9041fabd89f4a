// Soft limits of descriptors are for select(), and hard ones are told of.
#include <fstream>
#include <sstream>

#include <nlohmann/json.hpp>
#include <openssl/ssl.h>

#include "certs/openssl.h"
#include "tests/support/background.h"
#include "tests/support/catch.h"
#include "tests/support/lab_folder.h"
#include "tests/support/peer.h"

namespace e2e_descriptor_limit_test {

using namespace sni::test;

namespace {

/// Soft and hard, as the kernel has them for process `pid`.
std::pair<std::string, std::string> descriptor_limits(int pid) {
    std::ifstream limits("/proc/" + std::to_string(pid) + "/limits");
    for (std::string line; std::getline(limits, line);) {
        if (!line.starts_with("Max open files")) continue;
        std::istringstream words(line.substr(std::string("Max open files").size()));
        std::pair<std::string, std::string> found;
        words >> found.first >> found.second;
        return found;
    }
    return {};
}

/// A hello that a backend goes on with, and waits for what follows it.
Buffer welcome_hello(const char* name) {
    const sni::certs::Owned<SSL_CTX, SSL_CTX_free> context(SSL_CTX_new(TLS_client_method()));
    const sni::certs::Owned<SSL, SSL_free> ssl(SSL_new(context.get()));
    BIO* const out = BIO_new(BIO_s_mem());
    SSL_set_bio(ssl.get(), BIO_new(BIO_s_mem()), out);
    SSL_set_tlsext_host_name(ssl.get(), name);
    SSL_connect(ssl.get());
    Buffer hello(4096);
    hello.resize(static_cast<std::size_t>(
        std::max(0, BIO_read(out, hello.data(), static_cast<int>(hello.size())))));
    return hello;
}

}  // namespace

TEST_CASE("a lab raises its soft limit of descriptors to the hard one", "[e2e]") {
    const LabFolder lab;
    const Finished up = lab.run_other(
        {"bash", "-c",
         "unset SNI_LAB_STATE; ulimit -S -n 300; exec \"$0\" up --detach --listen 127.0.0.1:0",
         SNI_LAB_BINARY});
    INFO(up.err);
    REQUIRE(up.status == 0);
    const auto status = nlohmann::json::parse(lab.run({"status", "--json"}).out);
    const auto [soft, hard] = descriptor_limits(status.at("lab").at("pid").get<int>());
    CHECK(soft == hard);
    CHECK(soft != "300");
}

TEST_CASE("clients beyond what a lab's descriptors allow wait for their turn", "[e2e]") {
    const LabFolder lab;
    const std::string port = free_port();
    const Finished up = lab.run_other(
        {"bash", "-c",
         "unset SNI_LAB_STATE; ulimit -n 256; exec \"$0\" up --detach --listen 127.0.0.1:" + port,
         SNI_LAB_BINARY});
    INFO(up.err);
    REQUIRE(up.status == 0);
    const Buffer hello = welcome_hello("httpbin.example.com");
    REQUIRE(!hello.empty());
    std::vector<Peer> clients;
    for (int i = 0; i < 100; ++i) {
        clients.push_back(Peer::to(sni::parse_endpoint("127.0.0.1:" + port).value()));
        clients.back().send(hello);
    }
    std::size_t welcome = 0;
    for (Peer& client : clients) {
        welcome += client.read(1) == Buffer{std::byte{0x16}} ? 1 : 0;  // not 0x15, an alert
        client.close();
    }
    CHECK(welcome == clients.size());
}

TEST_CASE("a router that is told to take more clients than descriptors allow says so", "[e2e]") {
    const LabFolder lab;
    Background router(
        {"bash", "-c",
         "ulimit -n 100; exec \"$0\" router --listen 127.0.0.1:0 --max-connections 1000 "
         "--route a.example.com=127.0.0.1:1 2>&1",
         SNI_LAB_BINARY});
    std::string said;
    while (said.find("descriptors allow") == std::string::npos) {
        said += "\n" + router.line();
    }
    CHECK(said.find("[SL5020]") != std::string::npos);
    CHECK(said.find("--max-connections 1000 is more than descriptors allow") != std::string::npos);
}

}  // namespace e2e_descriptor_limit_test
