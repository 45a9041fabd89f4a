#include "lab/http/chunks.h"

#include "tests/support/catch.h"

namespace http_chunks_test {

using namespace sni;

TEST_CASE("a chunk has its size in hexadecimal, and none is empty", "[http]") {
    CHECK(http::chunk("twenty-six bytes are here.") == "1a\r\ntwenty-six bytes are here.\r\n");
    CHECK(http::chunk("").empty());
}

TEST_CASE("the last chunk carries the trailers", "[http]") {
    CHECK(http::last_chunk({}) == "0\r\n\r\n");
    CHECK(http::last_chunk({{"A", "1"}, {"A", "2"}}) == "0\r\nA: 1\r\nA: 2\r\n\r\n");
}

}  // namespace http_chunks_test
