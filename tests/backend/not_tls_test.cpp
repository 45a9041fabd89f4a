// Clients of a backend that do not speak TLS, or not as it expects: each leaves a line that says
// so.
#include <mutex>

#include <nlohmann/json.hpp>

#include "lab/backend/backend.h"
#include "tests/support/backend_fixture.h"
#include "tests/support/catch.h"
#include "tests/support/tls_client.h"

namespace backend_not_tls_test {

using namespace sni;
using namespace sni::test;

namespace {

/// The access log of a backend to which a client says `bytes`, and nothing more.
std::vector<nlohmann::json> lines_after(std::string_view bytes, const char* believed = nullptr) {
    std::mutex mutex;
    std::vector<nlohmann::json> lines;
    backend::Options options = backend_options();
    if (believed) options.accept_proxy = {Cidr::parse(believed).value()};
    options.limits.handshake = std::chrono::milliseconds(300);
    options.access_log = [&](std::string_view line) {
        const std::lock_guard lock(mutex);
        lines.push_back(nlohmann::json::parse(line));
    };
    {
        const backend::Backend server(std::move(options));
        const TcpClient client(server.listening());
        client.send(bytes);
        client.read_to_end();
    }
    return lines;
}

}  // namespace

TEST_CASE("what comes instead of TLS is named in a line of its own", "[backend]") {
    struct Row {
        std::string bytes;
        std::string saw;
    };
    const Row row = GENERATE(
        Row{"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "http"}, Row{"SSH-2.0-OpenSSH_9.2\r\n", "ssh"},
        Row{"PROXY TCP4 192.0.2.1 198.51.100.2 50312 443\r\n", "proxy"},
        Row{std::string("\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0C", 16) + std::string(12, '\1'), "proxy"},
        Row{std::string("\0\0\0\x08\x04\xD2\x16\x2F", 8), "postgres"}, Row{"hi", "text"},
        Row{"\x80", "binary"});
    CAPTURE(row.bytes);
    const auto lines = lines_after(row.bytes);
    REQUIRE(lines.size() == 1);
    CHECK(lines[0].at("handshake") == "failed");
    CHECK(lines[0].at("saw") == row.saw);
    const auto reason = lines[0].at("reason").get<std::string>();
    CHECK_FALSE(reason.empty());
    CHECK((reason.find("--accept-proxy") != std::string::npos) == (row.saw == "proxy"));
}

TEST_CASE("TLS that fails is not taken for another protocol", "[backend]") {
    const std::string bytes = GENERATE(std::string("\x16\x03\x01\x00\x04\x01\x00\x00\x00", 9),
                                       std::string("\x16\x03\x01\x02\x00\x01", 6),
                                       std::string("\x15\x03\x01\x00\x02\x02\x28", 7));
    const auto lines = lines_after(bytes);
    REQUIRE(lines.size() == 1);
    CHECK(lines[0].at("saw").is_null());
}

TEST_CASE("a proxy that is believed and sends no header, or half of one, leaves a line",
          "[backend]") {
    const auto tls =
        lines_after(std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xFC", 9), "127.0.0.1");
    REQUIRE(tls.size() == 1);
    CHECK(tls[0].at("reason") == "no PROXY header, which --accept-proxy demands of this address");
    const auto http = lines_after("GET / HTTP/1.1\r\n\r\n", "127.0.0.1");
    REQUIRE(http.size() == 1);
    CHECK(http[0].at("saw") == "http");
    const auto half = lines_after("PROXY TCP4 192.0.2.1 198", "127.0.0.1");
    REQUIRE(half.size() == 1);
    CHECK(half[0].at("reason") == "a PROXY header that is broken or not whole");
    const std::string header = "PROXY TCP4 192.0.2.1 198.51.100.2 50312 443\r\n";
    const auto twice = lines_after(header + header, "127.0.0.1");
    REQUIRE(twice.size() == 1);
    CHECK(twice[0].at("reason") == "a second PROXY header behind the one that was taken");
}

TEST_CASE("a probe that connects and says nothing leaves no line", "[backend]") {
    CHECK(lines_after("").empty());
    CHECK(lines_after("", "127.0.0.1").empty());
}

}  // namespace backend_not_tls_test
