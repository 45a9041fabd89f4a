#include <fstream>
#include <iterator>

#include "lab/core/encoding.h"
#include "lab/tls/hello_sniffer.h"
#include "tests/support/catch.h"
#include "tests/support/run_cli.h"
#include "tests/support/temp_folder.h"

namespace cli_hello_test {

using namespace sni;
using test::Ran;

TEST_CASE("hello prints a shape's bytes, which are a hello for that name", "[cli][torture]") {
    const Ran ran =
        test::run({"hello", "--shape", "rec/2-records-mid-sni", "--sni", "a.test", "--hex"});
    REQUIRE(ran.status == 0);
    const auto bytes = from_hex(ran.out.substr(0, ran.out.size() - 1));
    REQUIRE(bytes);
    tls::HelloSniffer sniffer(65'536);
    REQUIRE(sniffer.feed(*bytes) == tls::Verdict::hello);
    CHECK(sniffer.records() == 2);
    CHECK(sniffer.hello()->server_name->text() == "a.test");
}

TEST_CASE("hello prints a shape as it is sent", "[cli][torture]") {
    const Ran ran = test::run({"hello", "--shape", "seg/first-5", "--sni", "a.test"});
    CHECK(ran.status == 0);
    CHECK_THAT(ran.out, test::StartsWith("seg/first-5: the first segment has 5 bytes\n"
                                         "must_pass, RFC 9293 §3.8; in 2 segments\n"
                                         "000000  16030100"));
    CHECK_THAT(ran.out, test::Contains("\n-- 20 ms\n000005  0100"));
    CHECK_THAT(ran.out, test::EndsWith("then: answer\n"));
}

TEST_CASE("hello names the nearest shape to one that there is not", "[cli][torture]") {
    const Ran ran = test::run({"hello", "--shape", "rec/2-records-mid-snl"});
    CHECK(ran.status == 2);
    CHECK_THAT(ran.err, test::Contains("try rec/2-records-mid-sni"));
}

TEST_CASE("hello points at a shape's fault, or writes it as a capture", "[cli][torture]") {
    const Ran explained = test::run({"hello", "--shape", "len/sni-list-one-more", "--explain"});
    CHECK(explained.status == 0);
    CHECK_THAT(explained.out, test::Contains("\n        ^ only "));
    const test::TempFolder folder;
    const std::string file = (folder.path() / "a.pcap").string();
    const Ran captured = test::run({"hello", "--shape", "seg/first-5", "--pcap", file});
    CHECK(captured.status == 0);
    CHECK(captured.out.empty());
    std::ifstream stream(file, std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(stream)), {});
    CHECK_THAT(bytes, test::StartsWith("\xd4\xc3\xb2\xa1"));
    CHECK(test::run({"hello", "--shape", "seg/first-5", "--hex", "--explain"}).status == 2);
}

}  // namespace cli_hello_test
