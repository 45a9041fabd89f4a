#include "lab/torture/arrival.h"

#include <algorithm>

#include "tests/support/catch.h"

namespace torture_arrival_test {

using namespace sni;
using torture::ArrivalQuestion;
using torture::ArrivalStatement;
using torture::Visit;

namespace {

ArrivalQuestion question() {
    ArrivalQuestion asked;
    asked.nonce.fill(std::byte{7});
    asked.begin_sha256.emplace().fill(std::byte{9});
    asked.after = 1'500;
    return asked;
}

}  // namespace

TEST_CASE("a question about a hello is its path and query, and is read from that", "[torture]") {
    const std::string target = to_target(question());
    CHECK_THAT(target, test::StartsWith("/arrival?begin=0909"));
    const auto read = torture::parse_arrival_query(target.substr(target.find('?') + 1));
    REQUIRE(read);
    CHECK(*read == question());
    ArrivalQuestion count = question();
    count.begin_sha256.reset();
    const std::string counted = to_target(count);
    CHECK(torture::parse_arrival_query(counted.substr(counted.find('?') + 1)) == count);
    CHECK_THAT(torture::parse_arrival_query("begin=09").error(), test::Contains("begin="));
    CHECK(torture::parse_arrival_query("begin=" + std::string(64, '0') + "&nonce=1").error() ==
          "nonce= must be 64 hex digits");
    for (const char* after :
         {"", "&after=", "&after=-1", "&after=1s", "&after=99999999999999999999"}) {
        CAPTURE(after);
        const std::string query =
            "begin=" + std::string(64, '0') + "&nonce=" + std::string(64, '0');
        CHECK_FALSE(torture::parse_arrival_query(query + after));
    }
}

TEST_CASE("a statement is read as it was written, and nothing else is", "[torture]") {
    const std::optional<Visit> visit =
        GENERATE(std::optional<Visit>(), std::optional<Visit>({.number = 1, .target = true}),
                 std::optional<Visit>({.number = 1'501, .ended = true, .received = {70'000, {}}}));
    ArrivalStatement said{
        .question = question(), .visits = 1'600, .complete_after = 2, .visit = visit};
    said.run.fill(std::byte{3});
    const std::string document = encode(said);
    const auto read = torture::decode_arrival(document);
    REQUIRE(read);
    CHECK(*read == said);
    CHECK(torture::arrival_bytes(document) == "sni-lab torture v1\n" + document);
    CHECK_FALSE(torture::decode_arrival(document + " "));
    CHECK_FALSE(torture::decode_arrival(""));
    std::string other = document;
    other.replace(other.find("arrival/2"), 9, "arrival/1");
    CHECK_FALSE(torture::decode_arrival(other));
}

TEST_CASE("too few bytes are no hello of somebody's own", "[torture]") {
    CHECK_FALSE(torture::beginning(torture::Buffer(63)));
    CHECK(torture::beginning(torture::Buffer(200))->size() == torture::kUnmistakable);
}

}  // namespace torture_arrival_test
