#include "lab/witness/record.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <set>
#include <thread>
#include <vector>

#include <nlohmann/json.hpp>

#include "certs/digest.h"
#include "lab/tls/ja4.h"
#include "lab/witness/ops.h"
#include "tests/support/catch.h"
#include "tests/support/hello_builder.h"

namespace witness_record_test {

using namespace sni;
using sni::test::operator+;
using proof::WitnessedSession;

namespace {

/// So many observers, each of a hello of which all but the last bytes have come.
std::vector<std::unique_ptr<router::Observer>> stalled(witness::Record& record, std::size_t count,
                                                       std::vector<test::Buffer>& rests) {
    std::vector<std::unique_ptr<router::Observer>> observers;
    for (std::size_t i = 0; i < count; ++i) {
        const test::Buffer hello = test::records(test::padded_hello("a", 60'000).message(), 16'000);
        router::SessionRecord connection;
        connection.id = i;
        observers.push_back(record.watch(connection));
        observers.back()->up(Bytes(hello).first(50'000));
        rests.emplace_back(hello.begin() + 50'000, hello.end());
    }
    return observers;
}

}  // namespace

TEST_CASE("each connection has its own client's JA4, whoever came before", "[witness]") {
    witness::Record record(100);
    const std::vector<test::Buffer> messages = {test::hello_with("a").message(),
                                                test::padded_hello("a", 600).message()};
    std::vector<std::string> expected;
    for (const test::Buffer& message : messages) {
        expected.push_back(tls::ja4(tls::describe_hello(message).value(), certs::sha256));
    }
    REQUIRE(expected[0] != expected[1]);
    std::vector<std::unique_ptr<router::Observer>> observers;
    for (std::uint64_t id = 0; id < 6; ++id) {
        router::SessionRecord connection;
        connection.id = id;
        observers.push_back(record.watch(connection));
        observers.back()->up(test::records(messages[id % 2], 16'000));
    }
    const std::vector<WitnessedSession> sessions = record.sessions();
    CHECK(sessions.size() == 6);
    for (const WitnessedSession& session : sessions) {
        CHECK(session.ja4 == expected[session.id % 2]);
    }
}

TEST_CASE("hellos that are not whole hold no more than they may, and the oldest is not read",
          "[witness]") {
    constexpr std::size_t kMost = 1u << 20;
    constexpr std::size_t kCount = 60;
    witness::Record record(100, {}, kMost);
    std::vector<test::Buffer> rests;
    auto observers = stalled(record, kCount, rests);
    CHECK(record.figures().stalled_bytes > kMost / 2);
    CHECK(record.figures().stalled_bytes <= kMost);
    for (std::size_t i = 0; i < kCount; ++i) {
        observers[i]->up(rests[i]);
    }
    std::size_t read = 0;
    record.each_session([&](const WitnessedSession& session) {
        read += session.hellos.empty() ? 0 : 1;
        CHECK(session.up.all.bytes > 60'000);  // all the same
        if (session.id == kCount - 1) CHECK(session.hellos.size() == 1);
        if (session.id == 0) CHECK(session.hellos.empty());
    });
    CHECK(read > 4);
    CHECK(read < kCount);
    for (auto& observer : observers) {
        observer->ended(router::SessionRecord());
    }
    observers.clear();
    CHECK(record.figures().stalled_bytes == 0);
    CHECK(record.figures().kept == kCount);
}

TEST_CASE("one in which no hello was found may be the one that is asked about", "[witness]") {
    const Digest ours{std::byte{1}};
    const proof::WitnessQuestion question{.hello_sha256 = ours, .within = std::chrono::hours(1)};
    witness::Record record(10);
    const auto silent = record.watch(router::SessionRecord());
    CHECK(record.answer(question, "w").unread == 0);
    const auto plain = record.watch(router::SessionRecord());
    plain->up(as_bytes(std::string_view("GET / HTTP/1.1\r\n\r\n")));
    CHECK(record.answer(question, "w").unread == 1);
    plain->ended(router::SessionRecord());
    CHECK(record.answer(question, "w").unread == 1);
    CHECK(record.answer({.hello_sha256 = ours, .within = std::chrono::milliseconds(-1)}, "w")
              .unread == 0);
}

TEST_CASE("who asks while a connection ends hears of all its bytes", "[witness]") {
    std::optional<witness::Record> record;
    std::vector<WitnessedSession> heard;
    // Behind its last byte, and before it is one of those that ended.
    record.emplace(10, [&](const WitnessedSession&) { heard = record->sessions(); });
    router::SessionRecord connection;
    connection.id = 7;
    const auto observer = record->watch(connection);
    const std::string bytes = "GET / HTTP/1.1\r\n";
    observer->up(as_bytes(bytes));
    observer->ended(connection);
    REQUIRE(heard.size() == 1);
    CHECK(heard.front().up.all ==
          proof::StreamDigest{bytes.size(), certs::sha256(as_bytes(bytes))});
    CHECK(heard.front().down.all.bytes == 0);
    CHECK(record->sessions().front().up.all == heard.front().up.all);
}

namespace {

test::Buffer message_of(std::uint8_t type, const test::Buffer& body) {
    return test::number(type, 1) + test::vec(3, body);
}

/// What a service of TLS 1.2 says with a chain of 89 KB, up to its ChangeCipherSpec; with a ticket,
/// if it hands one out.
test::Buffer large_flight(bool ticket) {
    using namespace test;
    const Buffer random(32, std::byte{0x77});
    Buffer flight = message_of(2, number(0x0303, 2) + random + vec(1, Buffer(32)) +
                                      number(0xc02f, 2) + number(0, 1) + vec(2, {})) +
                    message_of(11, Buffer(89'000)) +
                    message_of(12, number(3, 1) + number(29, 2) + vec(1, Buffer(32)) + Buffer(70)) +
                    message_of(14, {});
    if (ticket) flight = flight + message_of(4, number(7'200, 4) + vec(2, Buffer(160)));
    return records(flight, 16'000) + record(number(1, 1), 20);
}

/// What is remembered of one of which so much of the answer came in time, and then the rest or its
/// end.
WitnessedSession answered(witness::Record& record, const test::Buffer& flight, std::size_t first,
                          bool rest) {
    const auto observer = record.watch(router::SessionRecord());
    observer->up(test::hello_for("shop.example.com"));
    for (std::size_t at = 0; at < (rest ? flight.size() : first); at += 4'000) {
        observer->down(Bytes(flight).subspan(at, std::min<std::size_t>(4'000, flight.size() - at)));
    }
    observer->ended(router::SessionRecord());
    return record.sessions().front();
}

}  // namespace

TEST_CASE("that no ticket was handed out is known behind the handshake alone", "[witness]") {
    const auto most = GENERATE(std::size_t{1} << 16, std::size_t{1} << 20);
    const auto ticket = GENERATE(true, false);
    CAPTURE(most, ticket);
    witness::Record record(100, {}, most);
    const test::Buffer flight = large_flight(ticket);
    const bool looked_away = most < 89'000;
    const WitnessedSession whole = answered(record, flight, flight.size(), true);
    REQUIRE(whole.server.has_value());
    CHECK(whole.server->session_ticket ==
          (looked_away ? std::optional<bool>() : std::optional(ticket)));
    const WitnessedSession cut = answered(record, flight, 20'000, false);
    REQUIRE(cut.server.has_value());
    CHECK_FALSE(cut.server->session_ticket.has_value());
    CHECK_FALSE(proof::readable_because(cut).has_value());
}

TEST_CASE("a page tells of one moment while connections come and go", "[witness]") {
    constexpr std::uint64_t kConnections = 3'000;
    witness::Record record(2);
    std::atomic<bool> over = false;
    std::thread writer([&] {
        for (std::uint64_t id = 0; id < kConnections; ++id) {
            router::SessionRecord connection;
            connection.id = id;
            record.watch(connection)->ended(connection);
        }
        over = true;
    });
    std::size_t torn = 0;
    while (!over) {
        const auto page =
            nlohmann::json::parse(witness::sessions_json(record, "w", witness::now()));
        std::set<std::uint64_t> ids;
        for (const nlohmann::json& session : page["sessions"]) {
            ids.insert(session["id"].get<std::uint64_t>());
        }
        // What was let go by then is the only thing that is missing.
        if (!ids.empty() && *ids.begin() != page["let_go"].get<std::uint64_t>()) ++torn;
    }
    writer.join();
    CHECK(torn == 0);
}

}  // namespace witness_record_test
