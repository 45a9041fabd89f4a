#include <chrono>

#include "lab/core/encoding.h"
#include "lab/httpbin/pace.h"
#include "tests/backend/contract.h"

namespace backend_contract_streams_test {

using namespace sni;
using nlohmann::json;
using std::chrono::milliseconds;
using test::Contract;
using test::Way;
using Clock = std::chrono::steady_clock;

TEST_CASE("/stream gives a line of JSON in each chunk", "[backend]") {
    Contract lab(GENERATE(Way::direct, Way::through_router));
    const test::Answer answer = lab.ask({"GET", "/stream/3?a=1", 200});
    CHECK(answer.header("Content-Type") == "application/json");
    CHECK_FALSE(answer.header("Content-Length"));
    REQUIRE(answer.chunks.size() == 3);
    for (std::size_t id = 0; id < 3; ++id) {
        CHECK(answer.chunks[id].ends_with("}\n"));
        const json line = json::parse(answer.chunks[id]);
        CHECK(line.size() == 5);
        CHECK(line.at("id") == id);
        CHECK(line.at("args") == json({{"a", "1"}}));
        CHECK(line.at("url") == "https://httpbin.example.com/stream/3?a=1");
    }
    CHECK(lab.ask({"GET", "/stream/0", 200}).body.empty());
    CHECK(lab.ask({"GET", "/stream/99999999999999999999", 200}).chunks.size() == 100);
    lab.check({{"GET", "/stream/abc", 404},
               {"HEAD", "/stream/3", 200, "", "", {}, {"Content-Length", "Transfer-Encoding"}}});
}

TEST_CASE("/stream-bytes cuts the bytes of /bytes into chunks", "[backend]") {
    Contract lab(GENERATE(Way::direct, Way::through_router));
    const std::string whole = lab.ask({"GET", "/bytes/25000?seed=7", 200}).body;
    const test::Answer answer = lab.ask({"GET", "/stream-bytes/25000?seed=7", 200});
    CHECK(answer.body == whole);
    CHECK(answer.header("Content-Type") == "application/octet-stream");
    REQUIRE(answer.chunks.size() == 3);
    CHECK(answer.chunks[0].size() == 10240);
    CHECK(lab.ask({"GET", "/stream-bytes/5?chunk_size=2", 200}).chunks.size() == 3);
    CHECK(lab.ask({"GET", "/stream-bytes/5?chunk_size=0", 200}).chunks.size() == 5);
    CHECK(lab.ask({"GET", "/stream-bytes/200000", 200}).body.size() == 102400);
    CHECK(lab.ask({"GET", "/stream-bytes/0", 200}).body.empty());
    lab.check({{"GET", "/stream-bytes/5?seed=x", 400},
               {"GET", "/stream-bytes/5?chunk_size=x", 400},
               {"GET", "/stream-bytes/x", 404}});
}

TEST_CASE("/drip lets its bytes fall one by one", "[backend]") {
    Contract lab(GENERATE(Way::direct, Way::through_router));
    lab.check({
        {"GET",
         "/drip?duration=0&numbytes=100",
         200,
         "",
         "",
         {{"Content-Length", "100"}, {"Content-Type", "application/octet-stream"}},
         {},
         std::string(100, '*')},
        {"GET", "/drip?duration=0.05&code=503", 503, "", "", {{"Content-Length", "10"}}},
        {"GET", "/drip?duration=0&code=204", 204, "", "", {}, {"Content-Length"}},
        {"GET",
         "/drip?duration=0&code=205",
         205,
         "",
         "",
         {{"Content-Length", "0"}},
         {"Content-Type"}},
        {"HEAD", "/drip?numbytes=7", 200, "", "", {{"Content-Length", "7"}}},
        {"GET", "/drip?numbytes=0", 400, "", "", {}, {}, "must be positive"},
        {"GET", "/drip?numbytes=-1", 400},
        {"GET", "/drip?numbytes=x", 400},
        {"GET", "/drip?duration=x", 400},
        {"GET", "/drip?duration=-1", 400},
        {"GET", "/drip?delay=nan", 400},
        {"GET", "/drip?code=x", 400},
        {"GET", "/drip?code=100", 400},
    });
    test::TlsClient client(lab.address());
    client.send("GET /drip?numbytes=4&duration=0.8 HTTP/1.1\r\nHost: a\r\n\r\n");
    const auto began = Clock::now();
    CHECK(client.read_head().status == 200);
    CHECK(client.take(1) == "*");
    CHECK(Clock::now() - began < milliseconds(400));  // not held back until the last byte
    CHECK(client.take(3) == "***");
    CHECK(Clock::now() - began >= milliseconds(590));
}

TEST_CASE("what drips at once is whole, whatever its size", "[backend]") {
    const std::size_t bytes = GENERATE(1u, 16'383u, 16'384u, 16'385u, 100'000u);
    Contract lab(Way::direct);
    const test::Answer answer =
        lab.ask({"GET", "/drip?duration=0&numbytes=" + std::to_string(bytes), 200});
    CHECK(answer.body == std::string(bytes, '*'));
}

TEST_CASE("ten megabytes drip without being held", "[backend]") {
    Contract lab(Way::direct);
    const test::Answer answer = lab.ask({"GET", "/drip?numbytes=99999999&duration=0", 200});
    CHECK(answer.body.size() == 10u << 20);
}

TEST_CASE("events come as server-sent events and as lines", "[backend]") {
    Contract lab(GENERATE(Way::direct, Way::through_router));
    const auto began = Clock::now();
    const test::Answer events = lab.ask({"GET", "/sse?count=3&duration=200ms&delay=0.1", 200});
    CHECK(Clock::now() - began >= milliseconds(300));
    CHECK(events.header("Content-Type") == "text/event-stream");
    REQUIRE(events.chunks.size() == 3);
    for (std::size_t id = 0; id < 3; ++id) {
        const std::string& event = events.chunks[id];
        CHECK(event.starts_with("event: ping\ndata: {"));
        CHECK(event.ends_with("}\n\n"));
        const json data = json::parse(event.substr(event.find('{')));
        CHECK(data.at("id") == id);
        CHECK(data.at("timestamp") > 1'700'000'000'000);
    }
    CHECK(events.header("Trailer") == "Server-Timing");
    REQUIRE(events.trailers.size() == 1);
    CHECK(events.trailers[0].second.starts_with("total;dur="));

    const test::Answer lines = lab.ask({"GET", "/jsonl?count=2&duration=0&jitter=1ms", 200});
    CHECK(lines.header("Content-Type") == "application/x-ndjson");
    REQUIRE(lines.chunks.size() == 2);
    CHECK(json::parse(lines.chunks[1]).at("id") == 1);
    for (const std::string path : {"/sse", "/jsonl"}) {
        for (const std::string query :
             {"count=0", "count=x", "duration=x", "delay=-1s", "jitter=inf", "duration=nan"}) {
            lab.check({"GET", path + "?" + query, 400});
        }
    }
}

TEST_CASE("/trailers puts the query behind the body", "[backend]") {
    Contract lab(GENERATE(Way::direct, Way::through_router));
    const test::Answer answer = lab.ask({"GET", "/trailers?X-A=1&X-B=2", 200});
    CHECK(answer.header("Trailer") == "X-A, X-B");
    CHECK(test::text_of(answer.trailers) == "X-A: 1\nX-B: 2\n");
    CHECK(json::parse(answer.body).at("method") == "GET");
    CHECK_FALSE(lab.ask({"GET", "/trailers", 200}).header("Trailer"));
    for (const std::string name :
         {"Content-Length", "Transfer-Encoding", "trailer", "Host", "Set-Cookie", "Authorization",
          "Content-Type", "Cache-Control", "Max-Forwards", "TE", "a%20b", "a%0d%0ab"}) {
        lab.check({"GET", "/trailers?" + name + "=1", 400, "", "", {}, {"Trailer"}});
    }
    lab.check({"GET", "/trailers?a=1%0d%0ab:2", 400});

    const std::string large(100'000, 'x');
    const test::Answer echoed = lab.ask({"POST", "/trailers?X-A=1", 200, "", large});
    CHECK_FALSE(echoed.header("Content-Length"));
    CHECK(json::parse(echoed.body).at("data") == large);
    CHECK(test::text_of(echoed.trailers) == "X-A: 1\n");

    test::TlsClient old(lab.address());
    old.send("GET /trailers?X-A=1 HTTP/1.0\r\n\r\n");
    const test::Answer closed = old.read_answer();
    CHECK(closed.header("Connection") == "close");
    CHECK_FALSE(closed.header("Trailer"));
    CHECK(json::parse(closed.body).at("args") == json({{"X-A", "1"}}));
}

TEST_CASE("streams to HTTP/1.0 are closed, not chunked", "[backend]") {
    Contract lab(Way::direct);
    for (const std::string target : {"/stream/2", "/stream-bytes/10", "/sse?count=1"}) {
        test::TlsClient client(lab.address());
        client.send("GET " + target + " HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
        const test::Answer answer = client.read_answer();
        CHECK(answer.header("Connection") == "close");
        CHECK_FALSE(answer.header("Transfer-Encoding"));
        CHECK_FALSE(answer.body.empty());
    }
}

TEST_CASE("stopping ends a stream that would go on", "[backend]") {
    auto server = std::make_unique<backend::Backend>(test::backend_options());
    test::TlsClient client(server->listening());
    const std::string target = GENERATE("/drip?duration=10", "/sse?duration=10s",
                                        "/jsonl?duration=10s", "/range/26?duration=10");
    client.send("GET " + target + " HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK(client.read_head().status == 200);
    const auto began = Clock::now();
    server->stop(milliseconds(50));
    CHECK(Clock::now() - began < milliseconds(2000));
    CHECK_FALSE(client.read_to_end().ends_with("0\r\n\r\n"));
}

TEST_CASE("a pace says how much is due and when the next is", "[backend]") {
    httpbin::Pace at_once(milliseconds(0), 5);
    CHECK(at_once.until(0).count() == 0);
    CHECK(at_once.due(0) == 5);
    CHECK(at_once.rest().count() == 0);
    httpbin::Pace slow(milliseconds(100'000), 10);
    CHECK(slow.until(0).count() == 0);
    CHECK(slow.due(0) == 1);
    CHECK(slow.until(3) > milliseconds(20'000));
    CHECK(slow.until(3) <= milliseconds(30'000));
    CHECK(slow.due(3) == 1);  // once that time has passed
    CHECK(slow.rest() > milliseconds(90'000));
}

}  // namespace backend_contract_streams_test
