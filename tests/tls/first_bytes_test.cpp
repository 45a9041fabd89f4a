#include "lab/tls/first_bytes.h"

#include <array>

#include "tests/support/catch.h"
#include "tests/support/hello_builder.h"

namespace tls_first_bytes_test {

using namespace sni;
using namespace std::string_view_literals;

TEST_CASE("what a client speaks that speaks no TLS is told by its first bytes", "[tls]") {
    struct Row {
        std::string_view bytes;
        std::string_view word;
    };
    const std::array rows = {
        Row{"", "nothing"},
        Row{"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n", "proxy"},
        Row{"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\0"sv, "proxy"},
        Row{"GET / HTTP/1.1\r\n", "http"},
        Row{"OPTIONS * HTTP/1.1\r\n", "http"},
        Row{"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "http2"},
        Row{"SSH-2.0-OpenSSH_9.2\r\n", "ssh"},
        Row{"\0\0\0\x08\x04\xd2\x16\x2f"sv, "postgres"},
        Row{"\0\0\0\x29\0\x03\0\0user\0"sv, "postgres"},
        Row{"EHLO client.example\r\n", "smtp"},
        Row{"ehlo client.example\r\n", "smtp"},
        Row{"STLS\r\n", "pop3"},
        Row{". CAPABILITY\r\n", "imap"},
        Row{"a001 STARTTLS\r\n", "imap"},
        Row{"AUTH TLS\r\n", "ftp"},
        Row{"\x30\x1d\x02\x01\x01\x77\x18\x80"sv, "ldap"},
        Row{"<?xml version='1.0'?><stream:stream", "xmpp"},
        Row{"<stream:stream to='a'", "xmpp"},
        Row{"*1\r\n$4\r\nPING\r\n", "redis"},
        Row{"\x10\x10\0\4MQTT\4\2\0\x3c"sv, "mqtt"},
        Row{"\x03\0\0\x13\x0e\xe0\0\0\0\0"sv, "rdp"},
        Row{"\x05\x01\0"sv, "socks"},
        Row{"\x15\x03\x01\0\2\2\x0a"sv, "tls"},
        Row{"hello there\r\n", "text"},
        Row{"\xde\xad\xbe\xef"sv, "binary"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.bytes);
        CHECK(tls::spoken_in(test::bytes_of(row.bytes)) == row.word);
    }
}

}  // namespace tls_first_bytes_test
