// What export writes for other routers holds as many connections as our own router does.
#include <array>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include "lab/net/descriptor.h"
#include "lab/net/descriptor_limit.h"
#include "tests/support/background.h"
#include "tests/support/catch.h"
#include "tests/support/hello_builder.h"
#include "tests/support/lab_folder.h"

namespace e2e_held_connections_test {

using namespace sni::test;
using sni::net::Descriptor;

namespace {

constexpr int kHeld = 1400;

Descriptor connected(const std::string& port) {
    Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(port)));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const bool there =
        ::connect(socket.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    return there ? std::move(socket) : Descriptor();
}

/// How many of so many connections get a ServerHello while all of them are open.
int answered(const std::string& port) {
    const auto hello = hello_for("httpbin.example.com");
    std::vector<Descriptor> all;
    int count = 0;
    for (int i = 0; i < kHeld; ++i) {
        Descriptor socket = connected(port);
        if (!socket) break;
        ::send(socket.fd(), hello.data(), hello.size(), MSG_NOSIGNAL);
        std::array<char, 512> bytes;
        pollfd entry{socket.fd(), POLLIN, 0};
        const bool came = ::poll(&entry, 1, 20'000) == 1 &&
                          ::recv(socket.fd(), bytes.data(), bytes.size(), 0) > 0;
        if (!came) break;
        ++count;
        all.push_back(std::move(socket));
    }
    return count;
}

void check_held(const std::string& api, const std::string& file,
                const std::vector<std::string>& program) {
    sni::net::raise_descriptor_limit();
    if (sni::net::free_descriptors() < 4 * kHeld) {
        WARN("not run: too few descriptors may be open here");
        return;
    }
    const LabFolder folder;
    const std::string port = free_port();
    REQUIRE(folder.run({"up", "--detach", "--listen", "127.0.0.1:0"}).status == 0);
    REQUIRE(folder
                .run({"export", "passthrough", "--api", api, "--listen", "127.0.0.1:" + port,
                      "--out", file})
                .status == 0);
    std::vector<std::string> command = program;
    command.push_back((folder / file).string());
    if (api == "nginx") {
        command.insert(command.end(), {"-g", "pid " + (folder / "nginx.pid").string() +
                                                 "; error_log stderr; daemon off;"});
    }
    const Background router(command);
    REQUIRE(folder
                .run({"verify", "--gateway", "127.0.0.1:" + port, "--sni", "httpbin.example.com",
                      "--identity", ".sni-lab/identity.key.pub", "--wait", "20s"})
                .status == 0);
    CHECK(answered(port) == kHeld);
}

}  // namespace

TEST_CASE("nginx with what export writes holds 1,400 connections", "[e2e]") {
    if (!have("nginx")) return;
    check_held("nginx", "nginx.conf", {"/usr/sbin/nginx", "-e", "stderr", "-c"});
}

TEST_CASE("HAProxy with what export writes holds 1,400 connections", "[e2e]") {
    if (!have("haproxy")) return;
    check_held("haproxy", "haproxy.cfg", {"/usr/sbin/haproxy", "-db", "-q", "-f"});
}

}  // namespace e2e_held_connections_test
