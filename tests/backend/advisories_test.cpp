// Each row of the advisories against the HTTP library that applies to the release in use, and that
// no other test holds: what its seam must keep out.
#include <filesystem>

#include "tests/backend/contract.h"
#include "tests/support/request_check.h"
#include "tests/support/temp_folder.h"

namespace backend_advisories_test {

using namespace sni;
using nlohmann::json;
using test::Contract;
using test::Way;

TEST_CASE("a client cannot forge the address that it comes from (CVE-2025-66570)", "[backend]") {
    Contract lab(Way::direct);
    const std::string forged =
        "REMOTE_ADDR: 203.0.113.9\r\nREMOTE_PORT: 1\r\nLOCAL_ADDR: 203.0.113.9\r\n";
    const json document = lab.document("/get", forged);
    CHECK(document.at("origin") == "127.0.0.1");
    CHECK(document.at("headers") == json({{"Host", "httpbin.example.com"},
                                          {"Local_addr", "203.0.113.9"},
                                          {"Remote_addr", "203.0.113.9"},
                                          {"Remote_port", "1"}}));
    CHECK(lab.document("/headers").at("headers") == json({{"Host", "httpbin.example.com"}}));
}

TEST_CASE("percent escapes in header values stay as they are (CVE-2026-45372)", "[backend]") {
    Contract lab(Way::direct);
    CHECK(lab.document("/headers", "X-A: 100%25 %0d%0aX-Evil: 1\r\n").at("headers").at("X-A") ==
          "100%25 %0d%0aX-Evil: 1");
    lab.check({"OPTIONS",
               "/get",
               200,
               "Access-Control-Request-Headers: a%0d%0aX-Evil: 1\r\n",
               "",
               {{"Access-Control-Allow-Headers", "a%0d%0aX-Evil: 1"}},
               {"X-Evil"}});
}

TEST_CASE("a compressed body is not unpacked (CVE-2026-22776, CVE-2026-28435)", "[backend]") {
    Contract lab(Way::direct);
    // The start of a gzip stream: unpacked, it would be something else or an error.
    const std::string packed("\x1F\x8B\x08\x00\x00\x00\x00\x00\x00\x03", 10);
    const test::Answer answer =
        lab.ask({"POST", "/post", 200, "Content-Encoding: gzip\r\n", packed});
    CHECK(answer.status == 200);
    CHECK(json::parse(answer.body).at("data") ==
          "data:application/octet-stream;base64,H4sIAAAAAAAAAw==");
    lab.check({.method = "POST",
               .target = "/upload",
               .status = 200,
               .headers = "Content-Encoding: br\r\n",
               .body = packed,
               .document = json{{"bytes_received", 10}}});
}

TEST_CASE("long parameters of multipart parts cost no stack (CVE-2026-29076)", "[backend]") {
    Contract lab(Way::direct);
    const std::string body = "--b\r\nContent-Disposition: form-data; name=\"f\"; filename*=" +
                             std::string(1'000'000, 'a') + "\r\n\r\nx\r\n--b--\r\n";
    lab.check({"POST", "/post", 200, "Content-Type: multipart/form-data; boundary=b\r\n", body});
}

TEST_CASE("a header with thousands of ranges is worth no more than one answer", "[backend]") {
    Contract lab(Way::direct);
    std::string ranges = "Range: bytes=0-";
    for (int i = 0; i < 2000; ++i) {
        ranges += ",0-";
    }
    lab.check({"GET", "/bytes/102400", 200, ranges + "\r\n", "", {{"Content-Length", "102400"}}});
    lab.check({"GET", "/range/26", 200, ranges + "\r\n", "", {{"Content-Length", "26"}}});
}

TEST_CASE("the fuzzer's corpus of requests is read as it must be", "[backend]") {
    const std::filesystem::path corpus = SNI_LAB_SOURCE_DIR "/tests/fuzz/corpus/request_head";
    int files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(corpus)) {
        CAPTURE(entry.path().filename().string());
        CHECK(test::fault_in_reading(test::slurp(entry.path())) == "");
        ++files;
    }
    CHECK(files >= 15);
}

}  // namespace backend_advisories_test
