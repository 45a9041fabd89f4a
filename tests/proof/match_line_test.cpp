// A line of a witness's log is read fast where it is spelled as the witness does, and as JSON
// else: what is read must not depend on which of them read it.
#include <nlohmann/json.hpp>

#include "lab/proof/match/json_tape.h"
#include "lab/proof/match/line.h"
#include "lab/proof/witness_fields.h"
#include "tests/proof/witnessed.h"
#include "tests/support/catch.h"

namespace proof_match_line_test {

using namespace sni;
using namespace sni::proof;
using namespace sni::test;

namespace {

std::optional<WitnessedSession> read_fast(const std::string& line) {
    JsonTape tape;
    return read_plain_line(line, tape);
}

std::optional<WitnessedSession> read_slowly(const std::string& line) {
    auto document = nlohmann::json::parse(line, nullptr, false);
    WitnessedSession session;
    if (!document.is_object() || document.value("schema", "") != kWitnessedSchema)
        return std::nullopt;
    document.erase("schema");
    if (JsonCodec<WitnessedSession>::read(document, session)) return std::nullopt;
    return session;
}

/// Whatever is read fast is what would have been read slowly.
void agrees(const std::string& line) {
    const auto fast = read_fast(line);
    if (fast && fast != read_slowly(line)) FAIL("read as something else: " << line);
}

WitnessedSession whole() {
    WitnessedSession session = witnessed();
    session.ended = session.began;
    session.proxy_source = "203.0.113.7:50000";
    session.hellos.push_back(hello());
    session.server->session_ticket.reset();
    session.ticket_offered = false;
    session.up.checkpoints = {Digest{std::byte{3}}, Digest{std::byte{4}}};
    return session;
}

}  // namespace

TEST_CASE("what a witness writes is read fast, and whole", "[proof][match]") {
    WitnessedSession bare;
    bare.began = whole().began;
    for (const WitnessedSession& session : {whole(), witnessed(), bare}) {
        CHECK(read_fast(encode(session)) == session);
    }
}

TEST_CASE("a line in which anything was changed is read as JSON has it", "[proof][match]") {
    const std::string line = encode(whole());
    for (std::size_t at = 0; at < line.size(); ++at) {
        for (const char c : {'0', '9', '"', '\\', '-', '.', 'e', ',', '}', ']', '{', 'A', ' ', '\n',
                             '\0', '\x80', '\xff'}) {
            std::string other = line;
            other[at] = c;
            agrees(other);
        }
        agrees(line.substr(0, at));
        agrees(line.substr(at));
        agrees(line.substr(0, at) + line.substr(at + 1));
        agrees(line.substr(0, at) + line[at] + line.substr(at));
    }
}

TEST_CASE("a line with a field more, less or twice is not read fast", "[proof][match]") {
    const auto document = nlohmann::json::parse(encode(whole()));
    for (const auto& [name, value] : document.items()) {
        CAPTURE(name);
        auto less = document;
        less.erase(name);
        const bool may_be_left_out = name == "ticket_offered";
        CHECK(read_fast(less.dump()).has_value() == may_be_left_out);
        const std::string twice = nlohmann::json(name).dump() + ":" + value.dump() + ",";
        CHECK_FALSE(read_fast("{" + twice + document.dump().substr(1)).has_value());
    }
    auto more = document;
    more["more"] = 1;
    CHECK_FALSE(read_fast(more.dump()).has_value());
    more = document;
    more["up"]["more"] = 1;
    CHECK_FALSE(read_fast(more.dump()).has_value());
    more = document;
    more["schema"] = "sni-lab/witnessed/2";
    CHECK_FALSE(read_fast(more.dump()).has_value());
}

TEST_CASE("a number that has no room is not read fast", "[proof][match]") {
    std::string line = encode(whole());
    const auto with_id = [&](const std::string& id) {
        std::string other = line;
        return other.replace(other.find("\"id\":17"), 7, "\"id\":" + id);
    };
    CHECK(read_fast(with_id("18446744073709551615"))->id == UINT64_MAX);
    for (const char* id : {"18446744073709551616", "017", "-1", "1.0", "1e2", "\"17\"", "null"}) {
        CAPTURE(id);
        CHECK_FALSE(read_fast(with_id(id)).has_value());
        agrees(with_id(id));
    }
    line.replace(line.find("\"began_ms\":1795333681000"), 24, "\"began_ms\":9999999999999999");
    CHECK_FALSE(read_fast(line).has_value());
}

TEST_CASE("a tape has what is in a document, in its order", "[proof][match]") {
    using Kind = JsonTape::Kind;
    JsonTape tape;
    REQUIRE(tape.read(R"({"a":[1,true,null],"b":{},"c":"d"})"));
    CHECK(tape[0].kind == Kind::object);
    CHECK(tape[0].end == 10);
    CHECK(tape[1].text == "a");
    CHECK(tape[2].kind == Kind::array);
    CHECK(tape[2].end == 6);
    CHECK(tape[3].text == "1");
    CHECK(tape[4].kind == Kind::yes);
    CHECK(tape[5].kind == Kind::null);
    CHECK(tape[9].text == "d");
    for (const char* other : {"", "{", "{}}", "[1,]", "[,1]", "{\"a\"}", "{\"a\":}", "{1:2}", "tru",
                              "[1 ]", "\"a", "-1", "01", "1.5", "\"\\n\"", "\"\xc3\xa4\"", "[1}"}) {
        CAPTURE(other);
        CHECK_FALSE(tape.read(other));
    }
    CHECK(tape.read(std::string(16, '[') + "1" + std::string(16, ']')));
    CHECK_FALSE(tape.read(std::string(100'000, '[') + std::string(100'000, ']')));
}

}  // namespace proof_match_line_test
