// What clients offer: versions, ciphers, keys, tickets, protocols, encrypted hellos.
#include <fmt/format.h>

#include "lab/tls/code_points.h"
#include "lab/torture/shape_builder.h"

namespace sni::torture {

namespace {

/// server_name and `more`, the rest as a client of TLS 1.2 has it.
Buffer offer_with(const ShapeBuilder& shapes, const Buffer& more) {
    return server_name(shapes.sni()) + extension(10, vec(2, number(29, 2))) +
           extension(13, vec(2, number(0x0403, 2))) + more;
}

Buffer tls_1_3() {
    return extension(43, vec(1, number(0x0304, 2)));
}

void add_offered_versions(ShapeBuilder& shapes) {
    for (const unsigned version : {0x0303, 0x0302, 0x0301}) {
        Hello hello = shapes.with(offer_with(shapes, extension(0xff01, vec(1, {}))));
        hello.legacy_version = static_cast<std::uint16_t>(version);
        shapes.add({.name = fmt::format("offer/client-version-{:04x}", version),
                    .about = "no supported_versions, the old field says which",
                    .source = "RFC 5246 §7.4.1.2"},
                   record(hello.message()));
    }
    for (const unsigned version : {0x0300, 0x0002, 0x0304, 0x0505, 0xffff}) {
        Hello hello = shapes.with(offer_with(shapes, {}));
        hello.legacy_version = static_cast<std::uint16_t>(version);
        shapes.add({.name = fmt::format("offer/client-version-{:04x}", version),
                    .about = "a client version that only the server may judge",
                    .source = "RFC 8446 §4.1.2, §D.2",
                    .rule = Rule::either},
                   record(hello.message()));
    }
    const auto list = [&](std::string name, std::string about, const Buffer& versions, Rule rule) {
        shapes.add({.name = "offer/" + std::move(name),
                    .about = std::move(about),
                    .source = "RFC 8446 §4.2.1",
                    .rule = rule,
                    .alert_owed = rule == Rule::must_refuse},
                   record(shapes.with(offer_with(shapes, extension(43, versions))).message()));
    };
    list("only-tls-1.3", "TLS 1.3 alone", vec(1, number(0x0304, 2)), Rule::must_pass);
    list("grease-version", "a reserved version first",
         vec(1, number(0x3a3a, 2) + number(0x0304, 2)), Rule::must_pass);
    list("127-versions", "as many versions as there is room for", vec(1, shapes.random(254)),
         Rule::must_pass);
    list("no-version", "a list of no versions", vec(1, {}), Rule::must_refuse);
    list("half-a-version", "a list of three bytes", vec(1, Buffer(3)), Rule::must_refuse);
    list("versions-without-list", "supported_versions as a server sends it", number(0x0304, 2),
         Rule::must_refuse);
}

void add_hello_fields(ShapeBuilder& shapes) {
    const auto session = [&](std::size_t size, Rule rule) {
        Hello hello = shapes.modern();
        hello.session_id = shapes.random(size);
        shapes.add({.name = fmt::format("offer/session-id-{}", size),
                    .about = fmt::format("a session id of {} bytes", size),
                    .source = "RFC 8446 §4.1.2",
                    .rule = rule,
                    .alert_owed = rule == Rule::must_refuse},
                   record(hello.message()));
    };
    for (const std::size_t size : {0u, 1u, 16u, 31u}) {
        session(size, Rule::must_pass);
    }
    for (const std::size_t size : {33u, 64u, 255u}) {
        session(size, Rule::must_refuse);
    }
    const auto suites = [&](std::string name, std::string about, Buffer list, Rule rule) {
        Hello hello = shapes.modern();
        hello.cipher_suites = std::move(list);
        shapes.add({.name = "offer/" + std::move(name),
                    .about = std::move(about),
                    .source = "RFC 8446 §4.1.2",
                    .rule = rule,
                    .alert_owed = rule == Rule::must_refuse},
                   record(hello.message()));
    };
    suites("one-suite", "one cipher suite", number(0x1301, 2), Rule::must_pass);
    suites("scsv", "a signalling suite among them", number(0xc02f, 2) + number(0x00ff, 2),
           Rule::must_pass);
    suites("fallback-scsv", "TLS_FALLBACK_SCSV", number(0xc02f, 2) + number(0x5600, 2),
           Rule::must_pass);
    suites("grease-suite", "a reserved suite first", number(0x5a5a, 2) + number(0x1301, 2),
           Rule::must_pass);
    suites("500-suites", "five hundred cipher suites", shapes.random(1'000), Rule::must_pass);
    suites("no-suite", "no cipher suite", {}, Rule::must_refuse);
    suites("half-a-suite", "three bytes of cipher suites", Buffer(3), Rule::must_refuse);
    const auto compression = [&](std::string name, std::string about, Buffer list, Rule rule) {
        Hello hello = shapes.modern();
        hello.compression = std::move(list);
        shapes.add({.name = "offer/" + std::move(name),
                    .about = std::move(about),
                    .source = "RFC 5246 §7.4.1.2; RFC 8446 §4.1.2",
                    .rule = rule,
                    .alert_owed = rule == Rule::must_refuse},
                   record(hello.message()));
    };
    compression("deflate", "compression offered, as before TLS 1.3", number(0x0100, 2),
                Rule::either);
    compression("255-compressions", "255 methods of compression", shapes.random(255), Rule::either);
    compression("no-compression", "not even the null method", {}, Rule::must_refuse);
    Hello without = shapes.modern();
    const Buffer body = without.body();
    const std::size_t end = body.size() - without.extensions.size() - 2;
    shapes.add({.name = "offer/no-extensions",
                .about = "a hello that ends behind the compression methods",
                .source = "RFC 5246 §7.4.1.2",
                .rule = Rule::either,
                .names = Names::nobody},
               record(number(1, 1) + vec(3, part(body, 0, end))));
    without.extensions.clear();
    shapes.add({.name = "offer/empty-extensions",
                .about = "a list of no extensions",
                .source = "RFC 5246 §7.4.1.4",
                .rule = Rule::either,
                .names = Names::nobody},
               record(without.message()));
}

void add_key_shares(ShapeBuilder& shapes) {
    struct Share {
        const char* name;
        std::uint16_t group;
        std::size_t bytes;
    };
    for (const Share& share : {Share{"x25519mlkem768", kPostQuantumGroup, kPostQuantumKey},
                               {"secp256r1mlkem768", 0x11eb, 1'249},
                               {"secp384r1mlkem1024", 0x11ed, 1'665},
                               {"mlkem1024", 0x0202, 1'568},
                               {"x25519kyber768", 0x6399, 1'216},
                               {"secp521r1", 25, 133},
                               {"x448", 30, 56},
                               {"ffdhe8192", 260, 1'024}}) {
        const Buffer key = key_share(share.group, shapes.random(share.bytes));
        const Buffer rest =
            extension(10, vec(2, number(share.group, 2) + number(29, 2))) + tls_1_3();
        for (const bool last : {false, true}) {
            const Buffer name = server_name(shapes.sni());
            shapes.add({.name = fmt::format("offer/key-{}{}", share.name, last ? "-name-last" : ""),
                        .about = fmt::format("a key share of {} bytes, the name {} it", share.bytes,
                                             last ? "behind" : "before"),
                        .source = "RFC 8446 §4.2.8; draft-ietf-tls-ecdhe-mlkem §4"},
                       record(shapes.with(last ? key + rest + name : name + rest + key).message()));
        }
    }
    shapes.add(
        {.name = "offer/no-key",
         .about = "an empty key_share, to be told which group",
         .source = "RFC 8446 §4.2.8"},
        record(shapes.with(offer_with(shapes, tls_1_3() + extension(51, vec(2, {})))).message()));
}

void add_resumptions(ShapeBuilder& shapes) {
    const auto psk = [&](std::size_t ticket, std::size_t count) {
        Buffer identities;
        Buffer binders;
        for (std::size_t i = 0; i < count; ++i) {
            identities = joined({identities, vec(2, shapes.random(ticket)), shapes.random(4)});
            binders = binders + vec(1, shapes.random(32));
        }
        return extension(41, vec(2, identities) + vec(2, binders));
    };
    const Buffer modes = extension(45, vec(1, number(1, 1)));
    for (const std::size_t ticket : {32u, 192u, 256u, 1'500u, 4'000u, 8'000u}) {
        shapes.add(
            {.name = fmt::format("offer/psk-{}", ticket),
             .about = fmt::format("a ticket of {} bytes to resume with", ticket),
             .source = "RFC 8446 §4.2.11"},
            record(shapes.with(offer_with(shapes, tls_1_3() + modes + psk(ticket, 1))).message()));
    }
    shapes.add({.name = "offer/psk-10-of-them",
                .about = "ten tickets to resume with",
                .source = "RFC 8446 §4.2.11"},
               record(shapes.with(offer_with(shapes, tls_1_3() + modes + psk(200, 10))).message()));
    shapes.add({.name = "offer/psk-not-last",
                .about = "pre_shared_key is not the last extension, which servers refuse",
                .source = "RFC 8446 §4.2.11",
                .rule = Rule::either},
               record(shapes.with(offer_with(shapes, psk(200, 1) + tls_1_3() + modes)).message()));
    shapes.add(
        {.name = "offer/early-data",
         .about = "early data announced, none sent",
         .source = "RFC 8446 §4.2.10"},
        record(shapes.with(offer_with(shapes, tls_1_3() + modes + extension(42, {}) + psk(200, 1)))
                   .message()));
    for (const std::size_t size : {0u, 160u, 1'500u, 6'000u}) {
        shapes.add(
            {.name = fmt::format("offer/ticket-{}", size),
             .about = fmt::format("a session ticket of {} bytes, as in TLS 1.2", size),
             .source = "RFC 5077 §3.2"},
            record(shapes.with(offer_with(shapes, extension(35, shapes.random(size)))).message()));
    }
}

void add_protocols(ShapeBuilder& shapes) {
    const auto offered = [&](std::string name, std::string about, const Buffer& list, Rule rule,
                             const char* source = "RFC 7301 §3.1") {
        shapes.add({.name = "offer/alpn-" + std::move(name),
                    .about = std::move(about),
                    .source = source,
                    .rule = rule,
                    .alert_owed = rule == Rule::must_refuse},
                   record(shapes.with(offer_with(shapes, list + tls_1_3())).message()));
    };
    offered("acme", "a challenge of ACME, which is the backend's", alpn({"acme-tls/1"}),
            Rule::must_pass, "RFC 8737 §3");
    offered("h2", "h2 alone", alpn({"h2"}), Rule::must_pass);
    offered("postgresql", "PostgreSQL's direct TLS", alpn({"postgresql"}), Rule::must_pass);
    offered("grease", "a reserved name first", alpn({"\x0a\x0a", "h2"}), Rule::must_pass,
            "RFC 8701 §3.1");
    offered("any-bytes", "a name of bytes that are no text", alpn({std::string("\0\xff\r\n", 4)}),
            Rule::must_pass);
    offered("255", "a name of 255 bytes", alpn({std::string(255, 'p')}), Rule::must_pass);
    offered("100-of-them", "a hundred names", alpn(std::vector<std::string>(100, "proto")),
            Rule::must_pass);
    offered("empty-name", "a name of no bytes", alpn({"h2", ""}), Rule::must_refuse);
    offered("empty-list", "a list of no names", alpn({}), Rule::must_refuse);
    offered("no-list", "no list at all", extension(16, {}), Rule::must_refuse);
    offered("bytes-behind", "bytes behind the list",
            extension(16, vec(2, vec(1, bytes_of("h2"))) + Buffer(2)), Rule::must_refuse);
}

/// Whoever sits in between cannot tell a real offer from one that is there to be ignored.
void add_encrypted(ShapeBuilder& shapes) {
    const auto outer = [&](std::size_t payload, std::size_t key) {
        return extension(tls::extension::kEncryptedClientHello,
                         encrypted_hello(shapes, payload, key));
    };
    for (const std::size_t payload : {144u, 176u, 208u, 240u, 600u, 2'000u}) {
        shapes.add(
            {.name = fmt::format("offer/ech-{}", payload),
             .about =
                 fmt::format("an encrypted hello of {} bytes, the target's name outside", payload),
             .source = "RFC 9849 §5, §6.2"},
            record(shapes.with(offer_with(shapes, tls_1_3() + outer(payload, 32))).message()));
    }
    shapes.add(
        {.name = "offer/ech-and-post-quantum",
         .about = "an encrypted hello beside a post-quantum key share, the name behind both",
         .source = "RFC 9849 §5"},
        record(shapes
                   .with(joined({outer(240, 32),
                                 key_share(kPostQuantumGroup, shapes.random(kPostQuantumKey)),
                                 tls_1_3(), server_name(shapes.sni())}))
                   .message()));
    shapes.add({.name = "offer/ech-retry",
                .about = "an encrypted hello without a key, as behind a HelloRetryRequest",
                .source = "RFC 9849 §6.1.5"},
               record(shapes.with(offer_with(shapes, tls_1_3() + outer(208, 0))).message()));
    shapes.add({.name = "offer/ech-inner",
                .about = "the mark of the inner hello in the clear, which only servers judge",
                .source = "RFC 9849 §7.1",
                .rule = Rule::either},
               record(shapes.with(offer_with(shapes, tls_1_3() + extension(0xfe0d, number(1, 1))))
                          .message()));
}

}  // namespace

void add_offers(ShapeBuilder& shapes) {
    add_offered_versions(shapes);
    add_hello_fields(shapes);
    add_key_shares(shapes);
    add_resumptions(shapes);
    add_protocols(shapes);
    add_encrypted(shapes);
}

}  // namespace sni::torture
