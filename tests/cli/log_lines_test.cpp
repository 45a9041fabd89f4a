// The lab's log as people read it.
#include "cli/log_lines.h"

#include "tests/support/catch.h"

namespace cli_log_lines_test {

using namespace sni::cli;

TEST_CASE("a connection is one line: when, which name, what became of it, how much", "[cli]") {
    CHECK(readable_line(
              R"({"time":"2026-11-27T16:24:06.772775Z","id":1,"client":"127.0.0.1:43936",)"
              R"("listener":"127.0.0.1:8443","outcome":"routed","sni":"a.example.com","saw":null,)"
              R"("route":"a.example.com","backend":"[::1]:37021","address":"[::1]:37021",)"
              R"("tries":1,"error":null,"bytes_up":748,"bytes_down":4198,"ended_us":12494})") ==
          "2026-11-27T16:24:06Z connection a.example.com: routed to [::1]:37021, 748 B up, "
          "4198 B down, 12.5 ms, from 127.0.0.1:43936");
    CHECK(readable_line(
              R"({"time":"2026-11-27T16:24:06.7Z","client":"127.0.0.1:1","outcome":"not_tls",)"
              R"("sni":null,"saw":"ssh","backend":null,"tries":0,"error":null,"bytes_up":0,)"
              R"("bytes_down":0,"ended_us":151})") ==
          "2026-11-27T16:24:06Z connection (no SNI): not_tls, saw ssh, 0 B up, 0 B down, 0.2 ms, "
          "from 127.0.0.1:1");
    CHECK(readable_line(
              R"({"time":"2026-11-27T16:24:06.7Z","client":"127.0.0.1:1","outcome":"unreachable",)"
              R"("sni":"a.example.com","backend":"gone.example:443","address":null,"tries":3,)"
              R"("error":"Connection refused","bytes_up":0,"bytes_down":0,"ended_us":1000})") ==
          "2026-11-27T16:24:06Z connection a.example.com: unreachable to gone.example:443, "
          "3 tries, error: Connection refused, 0 B up, 0 B down, 1.0 ms, from 127.0.0.1:1");
}

TEST_CASE("a request, and a handshake that failed at the backend, are a line each", "[cli]") {
    CHECK(readable_line(R"({"bytes":407,"method":"GET","ms":0.133,"peer":"127.0.0.1:54026",)"
                        R"("sni":"a.example.com","status":418,"target":"/status/418",)"
                        R"("time":"2026-11-27T16:24:06Z","whole":true})") ==
          "2026-11-27T16:24:06Z request    a.example.com: GET /status/418 → 418, 407 B, 0.1 ms, "
          "from 127.0.0.1:54026");
    CHECK(readable_line(R"({"bytes":0,"method":"GET","ms":1,"peer":"127.0.0.1:3",)"
                        R"("reason":"no SHA-1","sni":"a.example.com","status":500,"target":"/ws",)"
                        R"("time":"2026-11-27T16:24:06Z","whole":true})") ==
          "2026-11-27T16:24:06Z request    a.example.com: GET /ws → 500, no SHA-1, 0 B, 1.0 ms, "
          "from 127.0.0.1:3");
    CHECK(readable_line(R"({"bytes":0,"handshake":"failed","method":null,"peer":"127.0.0.1:2",)"
                        R"("reason":"no shared cipher","saw":null,"sni":"a.example.com",)"
                        R"("status":0,"target":null,"time":"2026-11-27T16:24:06Z",)"
                        R"("whole":false})") ==
          "2026-11-27T16:24:06Z handshake  a.example.com: failed at the backend, no shared cipher, "
          "from 127.0.0.1:2");
}

TEST_CASE("what is no line of the access log is shown as it is, and commands nothing", "[cli]") {
    CHECK(readable_line("draining: 3 connections") == "draining: 3 connections");
    CHECK(readable_line("{\"a\":1}") == "{\"a\":1}");
    CHECK(readable_line("\x1b[2J") == "\\x1b[2J");
    CHECK(readable_line(R"({"outcome":"no_route","sni":"\u001b[2J","client":"x"})").find('\x1b') ==
          std::string::npos);
}

TEST_CASE("half a line waits for its other half", "[cli]") {
    ReadableLines lines;
    CHECK(lines.add("one\ntw").find("one\n") == 0);
    CHECK(lines.add("").empty());
    CHECK(lines.add("o\nthree") == "two\n");
    CHECK(lines.finish() == "three\n");
    CHECK(lines.finish().empty());
}

}  // namespace cli_log_lines_test
