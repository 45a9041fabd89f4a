// The lines of the backend's access log, byte for byte.
#include "lab/backend/access_line.h"

#include <nlohmann/json.hpp>

#include "tests/support/catch.h"

namespace backend_access_line_test {

using namespace sni;
using backend::access_line;
using std::chrono::microseconds;

namespace {

const Endpoint kPeer{Endpoint::Kind::ipv4, "192.0.2.1", 50'312};

std::string without_time(const std::string& line) {
    auto document = nlohmann::json::parse(line);
    CHECK(document.at("time").get<std::string>().size() ==
          std::string("2026-01-02T03:04:05Z").size());
    document.erase("time");
    CHECK(document.dump().size() < line.size());
    return document.dump();
}

}  // namespace

TEST_CASE("a request's line is JSON with sorted keys, and null for what is not known",
          "[backend]") {
    const std::string sni = "a.example.com";
    const std::string method = "GET";
    const std::string target = "/get?a=1";
    CHECK(without_time(access_line(backend::ServedRequest{.peer = kPeer,
                                                          .sni = &sni,
                                                          .method = &method,
                                                          .target = &target,
                                                          .status = 200,
                                                          .bytes = 250,
                                                          .took = microseconds(1'500)})) ==
          R"({"bytes":250,"method":"GET","ms":1.5,"peer":"192.0.2.1:50312","sni":"a.example.com",)"
          R"("status":200,"target":"/get?a=1","whole":true})");
    CHECK(without_time(access_line(backend::ServedRequest{.peer = kPeer, .whole = false})) ==
          R"({"bytes":0,"method":null,"ms":0,"peer":"192.0.2.1:50312","sni":null,"status":0,)"
          R"("target":null,"whole":false})");
    CHECK(without_time(access_line(
              backend::ServedRequest{.peer = kPeer, .status = 500, .reason = "no \"SHA-1\""})) ==
          R"({"bytes":0,"method":null,"ms":0,"peer":"192.0.2.1:50312","reason":"no \"SHA-1\"",)"
          R"("sni":null,"status":500,"target":null,"whole":true})");
}

TEST_CASE("a line's time is in milliseconds, as exact as the clock", "[backend]") {
    for (const int took : {0, 1, 10, 100, 101, 999, 1'000, 1'001, 1'010, 60'000, 3'600'000}) {
        CAPTURE(took);
        const auto line = nlohmann::json::parse(
            access_line(backend::ServedRequest{.peer = kPeer, .took = microseconds(took)}));
        CHECK(line.at("ms").get<double>() == took / 1000.0);
    }
}

TEST_CASE("whatever a peer chose, a line is one line of JSON", "[backend]") {
    const std::string hostile = "a\"\\\n\x1B[2J\xFF" + std::string(1, '\0');
    const std::string line =
        access_line(backend::ServedRequest{.peer = {Endpoint::Kind::ipv6, "::1", 443},
                                           .sni = &hostile,
                                           .method = &hostile,
                                           .target = &hostile});
    CHECK(line.find_first_of("\n\x1B") == std::string::npos);
    const auto document = nlohmann::json::parse(line);
    CHECK(document.at("peer") == "[::1]:443");
    CHECK(document.at("target").get<std::string>().starts_with("a\"\\\n\x1B[2J"));
    const auto failed = nlohmann::json::parse(access_line(
        backend::FailedHandshake{.peer = kPeer, .sni = &hostile, .reason = hostile.substr(0, 4)}));
    CHECK(failed.at("handshake") == "failed");
    CHECK(failed.at("reason") == "a\"\\\n");
    CHECK(failed.at("saw").is_null());
}

}  // namespace backend_access_line_test
