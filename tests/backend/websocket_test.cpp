#include "lab/http/websocket.h"

#include "tests/backend/contract.h"

namespace backend_websocket_test {

using namespace sni;
using http::Reply;
using http::WebSocketEcho;

namespace {

/// A frame as clients send it: masked.
std::string frame(unsigned first, const std::string& payload) {
    std::string bytes{static_cast<char>(first)};
    if (payload.size() <= 125) {
        bytes += static_cast<char>(0x80 | payload.size());
    } else {
        bytes += static_cast<char>(0x80 | 126);
        bytes += static_cast<char>(payload.size() >> 8);
        bytes += static_cast<char>(payload.size() & 0xFF);
    }
    const std::string mask = "\x01\x02\x03\x04";
    bytes += mask;
    for (std::size_t i = 0; i < payload.size(); ++i) {
        bytes += static_cast<char>(payload[i] ^ mask[i % 4]);
    }
    return bytes;
}

constexpr unsigned kFinal = 0x80;

std::string close_code(const Reply& reply) {
    REQUIRE(reply.bytes.size() >= 4);
    CHECK(reply.bytes.substr(0, 1) == "\x88");
    return std::to_string(static_cast<unsigned char>(reply.bytes[2]) * 256 +
                          static_cast<unsigned char>(reply.bytes[3]));
}

const std::string kUpgrade =
    "GET /websocket/echo HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\n"
    "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

}  // namespace

TEST_CASE("a WebSocket says messages back, however they are cut", "[backend]") {
    const std::string all = frame(kFinal | 1, "Hello") + frame(1, "a") + frame(kFinal | 9, "ping") +
                            frame(0, "b") + frame(kFinal | 0, "c") +
                            frame(kFinal | 2, std::string(300, '\xFF'));
    std::string expected = "\x81\x05Hello";
    expected += "\x8A\x04ping";
    expected +=
        "\x81\x03"
        "abc";
    expected += std::string("\x82\x7E\x01\x2C", 4) + std::string(300, '\xFF');
    const std::size_t cut = GENERATE_COPY(range(std::size_t{0}, all.size(), std::size_t{7}));
    CAPTURE(cut);
    WebSocketEcho echo({});
    const Reply first = echo.feed(std::string_view(all).substr(0, cut));
    const Reply second = echo.feed(std::string_view(all).substr(cut));
    CHECK(first.bytes + second.bytes == expected);
    CHECK_FALSE(second.last);
}

TEST_CASE("a WebSocket ends with the client's own close, or with one that names its mistake",
          "[backend]") {
    const auto said = [](const std::string& bytes) {
        WebSocketEcho echo({.fragment = 100, .message = 150});
        Reply reply = echo.feed(bytes);
        CHECK(reply.last);
        return reply;
    };
    CHECK(said(frame(kFinal | 8, "")).bytes == std::string("\x88\x00", 2));
    CHECK(said(frame(kFinal | 8, "\x03\xE8 bye")).bytes == "\x88\x06\x03\xE8 bye");
    CHECK(close_code(said(frame(kFinal | 8, "x"))) == "1002");
    CHECK(close_code(said(frame(kFinal | 8, std::string("\x03\xED", 2)))) == "1002");
    CHECK(close_code(said(frame(8, ""))) == "1002");  // a control frame in pieces
    CHECK(close_code(said(frame(kFinal | 9, std::string(126, 'x')))) == "1002");
    CHECK(close_code(said(frame(kFinal | 3, ""))) == "1002");        // no such opcode
    CHECK(close_code(said(frame(kFinal | 0x41, ""))) == "1002");     // a reserved bit
    CHECK(close_code(said(std::string("\x81\x01x", 3))) == "1002");  // not masked
    CHECK(close_code(said(frame(kFinal | 0, "x"))) == "1002");       // continues nothing
    CHECK(close_code(said(frame(1, "a") + frame(kFinal | 1, "b"))) == "1002");
    CHECK(close_code(said(frame(kFinal | 1, "\xFF"))) == "1007");
    CHECK(close_code(said(frame(kFinal | 1, std::string(101, 'x')))) == "1009");
    CHECK(close_code(said(frame(1, std::string(100, 'x')) + frame(0, std::string(51, 'x')))) ==
          "1009");
    std::string endless = "\x82\xFF";
    endless += std::string(8, '\x7F') + "mask";
    CHECK(close_code(said(endless)) == "1009");
}

TEST_CASE("/websocket/echo upgrades, echoes and closes", "[backend]") {
    test::Contract lab(GENERATE(test::Way::direct, test::Way::through_router));
    test::TlsClient client(lab.address());
    // What a hasty client sends behind its request belongs to the conversation.
    client.send(kUpgrade + frame(kFinal | 1, "early"));
    const test::Answer upgraded = client.read_answer();
    CHECK(upgraded.status == 101);
    CHECK(upgraded.header("Upgrade") == "websocket");
    CHECK(upgraded.header("Connection") == "Upgrade");
    CHECK(upgraded.header("Sec-WebSocket-Accept") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    CHECK_FALSE(upgraded.header("Content-Length"));
    CHECK(client.take(7) ==
          "\x81\x05"
          "early");
    for (int i = 0; i < 100; ++i) {
        client.send(frame(kFinal | 2, "binary"));
        CHECK(client.take(8) ==
              "\x82\x06"
              "binary");
    }
    const std::string large(60'000, 'x');
    std::string many;
    for (int i = 0; i < 20; ++i) {
        many += frame(kFinal | 1, large);
    }
    client.send(many);
    for (int i = 0; i < 20; ++i) {
        CHECK(client.take(4 + large.size()).ends_with(large));
    }
    client.send(frame(kFinal | 8, ""));
    CHECK(client.take(2) == std::string("\x88\x00", 2));
    CHECK(client.read_to_end().empty());
}

TEST_CASE("a bad WebSocket handshake is a bad request", "[backend]") {
    test::Contract lab(test::Way::direct);
    const std::string good =
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n";
    const std::string key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    lab.check({
        {"GET", "/websocket/echo", 400, good},
        {"GET", "/websocket/echo", 400, good + "Sec-WebSocket-Key: c2hvcnQ=\r\n"},
        {"GET", "/websocket/echo", 400,
         "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" + key},
        {"GET",
         "/websocket/echo",
         400,
         "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 8\r\n" + key,
         "",
         {{"Sec-WebSocket-Version", "13"}}},
        {"GET", "/websocket/echo?max_message_size=x", 400, good + key},
        {"GET", "/websocket/echo?max_message_size=0", 400, good + key},
        {"GET", "/websocket/echo?max_fragment_size=9&max_message_size=8", 400, good + key},
        {"HEAD", "/websocket/echo", 400, good + key},
    });
}

TEST_CASE("a WebSocket message of the default limit may come in one frame", "[backend]") {
    const auto wire = [](std::size_t size) {
        std::string bytes{static_cast<char>(kFinal | 2), static_cast<char>(0xFF)};
        for (int shift = 56; shift >= 0; shift -= 8) {
            bytes += static_cast<char>(std::uint64_t{size} >> shift & 0xFF);
        }
        return bytes + std::string(4, '\0') + std::string(size, 'x');
    };
    WebSocketEcho echo({});
    const Reply reply = echo.feed(wire(1u << 20));
    CHECK(reply.bytes.size() == (1u << 20) + 10);
    CHECK_FALSE(reply.last);
    CHECK(reply.held == 0);
    CHECK(close_code(WebSocketEcho({}).feed(wire((1u << 20) + 1))) == "1009");
    CHECK(WebSocketEcho({}).feed(wire(1u << 20).substr(0, 5000)).held == 5000);
}

TEST_CASE("a WebSocket length is written the shortest way", "[backend]") {
    const auto said = [](const std::string& head) {
        WebSocketEcho echo({});
        return echo.feed(head + std::string(4, '\0') + std::string(125, 'x'));
    };
    CHECK_FALSE(said(std::string("\x82\xFD", 2)).last);
    CHECK(close_code(said(std::string("\x82\xFE\x00\x7D", 4))) == "1002");
    CHECK(close_code(said(std::string("\x82\xFF\0\0\0\0\0\0\x00\x7D", 10))) == "1002");
    CHECK(close_code(said(std::string("\x82\xFF\0\0\0\0\0\0\xFF\xFF", 10))) == "1002");
    CHECK(close_code(said(std::string("\x82\xFF\x80\0\0\0\0\0\0\x7D", 10))) == "1002");
}

TEST_CASE("a close reason that is no UTF-8 is answered with 1007", "[backend]") {
    WebSocketEcho echo({});
    CHECK(close_code(echo.feed(frame(kFinal | 8, "\x03\xE8\xFF"))) == "1007");
}

TEST_CASE("a WebSocket client gets the first protocol that it asks for", "[backend]") {
    backend::Backend server(test::backend_options());
    const auto chosen = [&](const std::string& line) {
        test::TlsClient client(server.listening());
        client.send(kUpgrade.substr(0, kUpgrade.size() - 2) + line + "\r\n");
        const test::Answer answer = client.read_head();
        CHECK(answer.status == 101);
        return answer.header("Sec-WebSocket-Protocol").value_or("none");
    };
    CHECK(chosen("") == "none");
    CHECK(chosen("Sec-WebSocket-Protocol: mqtt\r\n") == "mqtt");
    CHECK(chosen("Sec-WebSocket-Protocol: graphql-ws , chat\r\n") == "graphql-ws");
    CHECK(chosen("Sec-WebSocket-Protocol: a b\r\n") == "none");
}

TEST_CASE("stopping ends a WebSocket at once, and an idle one is closed in time", "[backend]") {
    backend::Options options = test::backend_options();
    const bool idle = GENERATE(false, true);
    if (idle) options.limits.idle = std::chrono::milliseconds(100);
    backend::Backend server(std::move(options));
    test::TlsClient client(server.listening());
    client.send(kUpgrade);
    CHECK(client.read_answer().status == 101);
    if (!idle) server.stop(std::chrono::milliseconds(50));
    CHECK(client.read_to_end() == std::string("\x88\x02\x03\xE9", 4));  // going away
}

}  // namespace backend_websocket_test
