#include "lab/witness/record.h"

#include <memory>
#include <vector>

#include "certs/digest.h"
#include "tests/support/catch.h"
#include "tests/support/hello_builder.h"

using namespace sni;
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
