#include "lab/core/bytes.h"

#include "tests/support/catch.h"

namespace core_bytes_test {

using namespace sni;

TEST_CASE("a reader takes big-endian numbers and vectors from the front", "[core]") {
    ByteReader reader(as_bytes(std::string_view("\x01\x02\x03\x00\x02ok\x01z", 9)));
    CHECK(reader.u8() == 1);
    CHECK(reader.u16() == 0x0203);
    CHECK(as_text(reader.vec16().rest()) == "ok");
    CHECK(as_text(reader.vec8().rest()) == "z");
    CHECK(reader.done());
}

TEST_CASE("the first short read makes a reader fail for good", "[core]") {
    ByteReader reader(as_bytes("ab"));
    CHECK(reader.u24() == 0);
    CHECK_FALSE(reader.ok());
    CHECK(reader.u8() == 0);
    CHECK(reader.rest().empty());
    CHECK_FALSE(reader.done());
}

TEST_CASE("a vector whose length lies fails together with its reader", "[core]") {
    ByteReader reader(
        as_bytes(std::string_view("\x05"
                                  "abc",
                                  4)));
    const ByteReader inner = reader.vec8();
    CHECK_FALSE(inner.ok());
    CHECK_FALSE(reader.ok());
}

TEST_CASE("bytes left over are not done", "[core]") {
    ByteReader reader(as_bytes("ab"));
    reader.u8();
    CHECK(reader.ok());
    CHECK_FALSE(reader.done());
}

}  // namespace core_bytes_test
