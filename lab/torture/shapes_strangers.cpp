// What is no ClientHello: other records, other messages, other protocols on the same port.
#include <fmt/format.h>

#include "lab/torture/shape_builder.h"

namespace sni::torture {

namespace {

using namespace std::string_literals;

constexpr const char* kNoHello = "RFC 8446 §4.1.2, §5";

/// No TLS: a gateway may have a place for it, which is never the target's.
void add_protocol(ShapeBuilder& shapes, const std::string& name, const std::string& about,
                  Buffer wire) {
    shapes.add({.name = "alien/" + name,
                .about = about,
                .source = kNoHello,
                .rule = Rule::either,
                .names = Names::nobody,
                .then = Then::end_later},
               std::move(wire));
}

void add_spoken(ShapeBuilder& shapes) {
    const std::string host = "\r\nHost: " + shapes.sni() + "\r\n\r\n";
    const std::pair<const char*, std::string> texts[] = {
        {"http-get", "GET / HTTP/1.1" + host},
        {"http-post", "POST / HTTP/1.1\r\nContent-Length: 0" + host},
        {"http-connect", "CONNECT " + shapes.sni() + ":443 HTTP/1.1" + host},
        {"http2-preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"s + "\0\0\0\x04\0\0\0\0\0"s},
        {"ssh", "SSH-2.0-OpenSSH_9.2\r\n"},
        {"smtp", "EHLO client.test\r\nSTARTTLS\r\n"},
        {"imap", "a1 STARTTLS\r\n"},
        {"pop3", "STLS\r\n"},
        {"ftp", "AUTH TLS\r\n"},
        {"xmpp", "<?xml version='1.0'?><stream:stream to='" + shapes.sni() + "'>"},
        {"redis", "*1\r\n$4\r\nPING\r\n"},
        {"line-break", "\r\n"},
    };
    for (const auto& [name, text] : texts) {
        add_protocol(shapes, name, fmt::format("the first words of {}", name), bytes_of(text));
    }
    const std::pair<const char*, std::string> binaries[] = {
        {"postgresql", "\0\0\0\x08\x04\xd2\x16\x2f"s},
        {"mysql", "\x20\0\0\x01"s + std::string(32, '\x0a')},
        {"ldap", "\x30\x1d\x02\x01\x01\x77\x18\x80\x16"s + "1.3.6.1.4.1.1466.20037"},
        {"rdp", "\x03\0\0\x13\x0e\xe0\0\0\0\0\0\x01\0\x08\0\x0b\0\0\0"s},
        {"mqtt", "\x10\x0c\0\x04MQTT\x04\x02\0\x3c\0\0"s},
        {"socks4", "\x04\x01\x01\xbb\x7f\0\0\x01\0"s},
        {"socks5", "\x05\x01\0"s},
        {"amqp", "AMQP\0\0\x09\x01"s},
        {"zeros", std::string(300, '\0')},
        {"ones", std::string(300, '\xff')},
    };
    for (const auto& [name, text] : binaries) {
        add_protocol(shapes, name, fmt::format("the first bytes of {}", name), bytes_of(text));
    }
    for (int i = 1; i <= 3; ++i) {
        Buffer noise = shapes.random(400);
        noise[0] = std::byte{0x41};
        add_protocol(shapes, fmt::format("noise-{}", i), "bytes at random", std::move(noise));
    }
}

void add_in_front(ShapeBuilder& shapes) {
    add_protocol(shapes, "proxy-v1", "a PROXY header that nobody asked for, then a right hello",
                 bytes_of("PROXY TCP4 192.0.2.7 203.0.113.1 40000 443\r\n") + shapes.wire());
    const Buffer version_2 = bytes_of("\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c"s) +
                             number(0xc0000207, 4) + number(0xcb007101, 4) + number(40'000, 2) +
                             number(443, 2);
    add_protocol(shapes, "proxy-v2", "a binary PROXY header, then a right hello",
                 version_2 + shapes.wire());
    add_protocol(shapes, "postgresql-then-hello", "PostgreSQL's request, then a right hello",
                 bytes_of("\0\0\0\x08\x04\xd2\x16\x2f"s) + shapes.wire());
    add_protocol(shapes, "http-then-hello", "an HTTP request, then a right hello",
                 bytes_of("GET / HTTP/1.1\r\nHost: " + shapes.sni() + "\r\n\r\n") + shapes.wire());
    add_protocol(shapes, "zero-then-hello", "a byte of 0, then a right hello",
                 Buffer(1) + shapes.wire());
    add_protocol(shapes, "hello-without-record", "a ClientHello without a record around it",
                 shapes.modern().message());
}

/// SSL 2.0's framing and DTLS's: hellos of protocols that are not this one.
void add_other_hellos(ShapeBuilder& shapes) {
    const auto ssl2 = [&](unsigned version) {
        const Buffer body = joined({number(1, 1), number(version, 2), number(9, 2), number(0, 2),
                                    number(16, 2), shapes.random(9), shapes.random(16)});
        return number(0x8000 | body.size(), 2) + body;
    };
    for (const unsigned version : {0x0002, 0x0303}) {
        shapes.add({.name = version == 0x0002 ? "alien/sslv2" : "alien/sslv2-offering-tls",
                    .about = "a hello framed as SSL 2.0 did",
                    .source = "RFC 6176 §3; RFC 8446 §D.5",
                    .rule = Rule::must_refuse,
                    .names = Names::nobody,
                    .then = Then::end_later},
                   ssl2(version));
    }
    const Buffer message = shapes.modern().message();
    const auto dtls = [&](unsigned version) {
        const Buffer body = part(message, 4, message.size());
        const Buffer handshake = number(1, 1) + number(body.size(), 3) + number(0, 2) +
                                 number(0, 3) + number(body.size(), 3) + body;
        return number(22, 1) + number(version, 2) + number(0, 8) + vec(2, handshake);
    };
    add_protocol(shapes, "dtls-1.2", "a hello of DTLS 1.2", dtls(0xfefd));
    add_protocol(shapes, "dtls-1.0", "a hello of DTLS 1.0", dtls(0xfeff));
    add_protocol(
        shapes, "quic", "a QUIC packet over TCP",
        joined({number(0xc3, 1), number(1, 4), vec(1, shapes.random(8)), shapes.random(300)}));
}

void add_wrong_types(ShapeBuilder& shapes) {
    for (const unsigned type : {0, 2, 4, 8, 11, 13, 14, 15, 16, 20, 24, 254, 255}) {
        Hello hello = shapes.modern();
        hello.message_type = static_cast<std::uint8_t>(type);
        shapes.add(
            {.name = fmt::format("alien/message-{}", type),
             .about = fmt::format("a handshake message of type {}, else a right hello", type),
             .source = kNoHello,
             .rule = Rule::must_refuse,
             .alert_owed = true},
            record(hello.message()));
    }
    for (const unsigned type : {0, 20, 21, 23, 24, 25, 128, 255}) {
        add_protocol(shapes, fmt::format("record-{}", type),
                     fmt::format("a record of type {}, a right hello in it", type),
                     record(shapes.modern().message(), static_cast<std::uint8_t>(type)));
    }
}

}  // namespace

void add_strangers(ShapeBuilder& shapes) {
    add_spoken(shapes);
    add_in_front(shapes);
    add_other_hellos(shapes);
    add_wrong_types(shapes);
}

}  // namespace sni::torture
