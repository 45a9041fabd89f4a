#include "lab/witness/record.h"

#include "certs/digest.h"
#include "tests/support/catch.h"

using namespace sni;
using proof::WitnessedSession;

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
