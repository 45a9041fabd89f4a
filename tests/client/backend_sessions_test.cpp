// Operators' pages are asked by cpp-httplib's client; whatever answers, the asking has an end.
#include "lab/client/backend_sessions.h"

#include <thread>

#include <fmt/format.h>

#include "tests/support/catch.h"
#include "tests/support/peer.h"

namespace client_backend_sessions_test {

using namespace sni;
using namespace sni::test;
using namespace std::chrono_literals;

namespace {

constexpr const char* kList = R"({"schema":"sni-lab/sessions/1","sessions":[{"hello_sha256":")"
                              "0101010101010101010101010101010101010101010101010101010101010101"
                              R"(","outcome":"established"}]})";

const proof::Evidence kProbe{.hellos = {{.sha256 = [] {
                                 Digest digest;
                                 digest.fill(std::byte{1});
                                 return digest;
                             }()}}};

/// Says `begin`, then `rest` for as long as anybody listens.
proof::SessionLookup asked(const std::string& begin, const std::string& rest,
                           std::chrono::milliseconds timeout = 20s) {
    const Stub admin([&](Peer client) {
        client.send(bytes_of(begin));
        try {
            while (!rest.empty()) {
                client.send(bytes_of(rest));
            }
            client.finish();
        } catch (const std::runtime_error&) {
        }
        client.read_all();
    });
    return client::ask_for_session(admin.endpoint(), kProbe, timeout);
}

}  // namespace

TEST_CASE("a list of sessions is read with a length, in chunks and to the end of its connection",
          "[client]") {
    const std::string list = kList;
    const std::string ok = "HTTP/1.1 200 OK\r\n";
    const std::string chunk = fmt::format("{:x}\r\n{}\r\n", list.size() - 5, list.substr(5));
    for (const std::string& answer : {
             fmt::format("{}Content-Length: {}\r\n\r\n{}", ok, list.size(), list),
             fmt::format("{}Transfer-Encoding: chunked\r\n\r\n5\r\n{}\r\n{}0\r\n\r\n", ok,
                         list.substr(0, 5), chunk),
             ok + "\r\n" + list,
         }) {
        CAPTURE(answer);
        const proof::SessionLookup found = asked(answer, "");
        CHECK(found.error == "");
        CHECK(found.listed == 1);
        CHECK(found.outcome == "established");
    }
}

TEST_CASE("a page that says nothing, or never comes to an end, is given up in time", "[client]") {
    const auto [begin, why] = GENERATE(table<std::string, std::string>({
        {"", "is silent"},
        {"HTTP/1.1 200 OK\r\nX-A", "end of its answer"},
        {"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", "end of its answer"},
    }));
    const auto began = std::chrono::steady_clock::now();
    Door door;
    std::thread admin([&, said = begin] {
        Peer client = door.accept();
        client.send(bytes_of(said));
        client.read_all();
    });
    const proof::SessionLookup lookup = client::ask_for_session(door.endpoint(), kProbe, 300ms);
    admin.join();
    CAPTURE(begin, lookup.error);
    CHECK_THAT(lookup.error, Contains(why));
    CHECK(std::chrono::steady_clock::now() - began < 10s);
}

TEST_CASE("a page that is too large is given up, wherever it is too large", "[client]") {
    const std::string ok = "HTTP/1.1 200 OK\r\n";
    const std::string much(64 << 10, 'a');
    const std::pair<std::string, std::string> endless[] = {
        {ok + "\r\n", much},
        {ok + "Content-Length: 1000000000000000000\r\n\r\n", much},
        {ok + "Transfer-Encoding: chunked\r\n\r\n", "10000\r\n" + much + "\r\n"},
        {ok + "Transfer-Encoding: chunked\r\n\r\n", "1\r\na\r\n"},
        {ok + "X-A: ", much},
        {"HTTP/1.1 200 ", much},
    };
    for (const auto& [begin, rest] : endless) {
        CAPTURE(begin, rest.substr(0, 20));
        CHECK_THAT(asked(begin, rest).error, Contains("answers more than"));
    }
    // Later releases of cpp-httplib give up by themselves, after so many lines.
    CHECK_THAT(asked(ok, "X-A: 1\r\n").error,
               Contains("answers more than") || Contains("answers in no HTTP"));
}

TEST_CASE("what is no page of sessions is told in its own words", "[client]") {
    CHECK_THAT(asked("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "").error,
               Contains("/sessions answers 404"));
    CHECK_THAT(asked("SSH-2.0-x\r\n", "").error, Contains("answers in no HTTP"));
    CHECK_THAT(asked("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{", "").error,
               Contains("answers in no HTTP"));
    const Endpoint nobody = Door().endpoint();
    CHECK_THAT(client::ask_for_session(nobody, kProbe, 20s).error, Contains("refused"));
}

}  // namespace client_backend_sessions_test
