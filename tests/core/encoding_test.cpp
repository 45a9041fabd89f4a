#include "lab/core/encoding.h"

#include "tests/support/catch.h"

namespace core_encoding_test {

using namespace sni;

TEST_CASE("hex goes both ways, and takes colons and either case", "[core]") {
    CHECK(to_hex(as_bytes(std::string_view("\x00\xff\x10", 3))) == "00ff10");
    CHECK(to_fingerprint(as_bytes(std::string_view("\x00\xff", 2))) == "00:FF");
    CHECK(as_text(*from_hex("48:69")) == "Hi");
    CHECK(as_text(*from_hex("4869")) == "Hi");
    for (const char* bad : {"4", "4g", "48 69", ":48", "48:", "48::69"}) {
        CAPTURE(bad);
        CHECK_FALSE(from_hex(bad).has_value());
    }
}

TEST_CASE("a digest is exactly 32 bytes of hex", "[core]") {
    CHECK(digest_from_hex(std::string(64, 'a')).has_value());
    CHECK_FALSE(digest_from_hex(std::string(62, 'a')).has_value());
    CHECK_FALSE(digest_from_hex(std::string(66, 'a')).has_value());
}

TEST_CASE("base64 agrees with RFC 4648", "[core]") {
    const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                           {"f", "Zg=="},
                                                           {"fo", "Zm8="},
                                                           {"foo", "Zm9v"},
                                                           {"foob", "Zm9vYg=="},
                                                           {"fooba", "Zm9vYmE="},
                                                           {"foobar", "Zm9vYmFy"}};
    for (const auto& [plain, encoded] : vectors) {
        CHECK(to_base64(as_bytes(plain)) == encoded);
        CHECK(as_text(*from_base64(encoded)) == plain);
    }
}

TEST_CASE("base64 has one spelling for each byte string", "[core]") {
    for (const char* bad :
         {"Zg", "Zg=", "Zh==", "Zm9=", "Z===", "====", "Zm9v\n", "Zm 9", "Zg==Zg==", "Zm-_"}) {
        CAPTURE(bad);
        CHECK_FALSE(from_base64(bad).has_value());
    }
}

TEST_CASE("printable text keeps letters of any script and shows everything else as bytes",
          "[core]") {
    CHECK(printable("a.example.com") == "a.example.com");
    CHECK(printable("\xED\x95\x9C\xEA\xB5\xAD") == "\xED\x95\x9C\xEA\xB5\xAD");
    CHECK(printable("a\r\nb\x1b[0m") == "a\\x0d\\x0ab\\x1b[0m");
    CHECK(printable(std::string_view("\0", 1)) == "\\x00");
    CHECK(printable("#1 a#b ##[stop-commands]x ###") == "#1 a#b #\\x23[stop-commands]x #\\x23#");
    CHECK(printable("\xff\xc0\xaf") == "\\xff\\xc0\\xaf");
    CHECK(printable("\xE2\x80\xAE") == "\\xe2\\x80\\xae");  // right-to-left override
    CHECK(printable("\xED\xA0\x80") == "\\xed\\xa0\\x80");  // a surrogate
    CHECK(printable("\xC2\x9B") == "\\xc2\\x9b");           // the one-byte CSI
    CHECK(printable("\xEF\xBF\xBE \xEF\xBF\xBF") == "\\xef\\xbf\\xbe \\xef\\xbf\\xbf");
    CHECK(printable("\xEF\xB7\x90\xF0\x9F\xBF\xBF") == "\\xef\\xb7\\x90\\xf0\\x9f\\xbf\\xbf");
    CHECK(printable("\xEF\xBF\xBD") == "\xEF\xBF\xBD");  // what replaces what cannot be read
    CHECK(printable("\xE2\x82") == "\\xe2\\x82");
}

TEST_CASE("UTF-8 is told from other bytes", "[core]") {
    CHECK(is_utf8(""));
    CHECK(is_utf8("plain"));
    CHECK(is_utf8("\xC3\xA9 \xE2\x82\xAC \xF0\x9F\xA6\x86"));
    CHECK_FALSE(is_utf8("\xFF"));
    CHECK_FALSE(is_utf8("\xC3"));
    CHECK_FALSE(is_utf8("\xC0\x80"));
    CHECK_FALSE(is_utf8("\xE0\x80\x80"));
    CHECK_FALSE(is_utf8("\xED\xA0\x80"));
    CHECK_FALSE(is_utf8("\xF4\x90\x80\x80"));
    CHECK_FALSE(is_utf8("\xE2\x82"));
    CHECK(valid_utf8_prefix("a\xC3\xA9\xE2\x82") == 3);
}

}  // namespace core_encoding_test
