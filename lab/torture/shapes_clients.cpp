// Hellos as real clients lay them out: extensions, groups and sizes in the order of each; suites
// and signature schemes are common ones. The name is the target's, and what is random is random
// here, too.
#include <fmt/format.h>

#include "lab/tls/code_points.h"
#include "lab/torture/shape_builder.h"

namespace sni::torture {

namespace {

struct Client {
    const char* name;
    std::vector<std::uint16_t> suites;
    /// Of the types in this order; kGreaseType stands for a reserved one.
    std::vector<std::uint16_t> extensions;
    std::vector<std::string> alpn;
    std::vector<std::uint16_t> groups;
    std::size_t padded_to = 0;  ///< the message, by extension 21 at its end
};

constexpr std::uint16_t kGreaseType = 0x0a0a;
constexpr std::uint16_t kPostQuantumGroup = 0x11ec;
constexpr std::uint16_t kTrustAnchors = 0xca34;

Buffer list_of(const std::vector<std::uint16_t>& values) {
    Buffer out;
    for (const std::uint16_t value : values) {
        out = out + number(value, 2);
    }
    return out;
}

Buffer key_shares(ShapeBuilder& shapes, const Client& client) {
    Buffer shares;
    for (const std::uint16_t group : client.groups) {
        if (group == kGreaseType) shares = shares + number(group, 2) + vec(2, Buffer(1));
        if (group == kPostQuantumGroup) {
            shares = shares + number(group, 2) + vec(2, shapes.random(1'216));
        }
        if (group == 29) shares = shares + number(group, 2) + vec(2, shapes.random(32));
    }
    return vec(2, shares);
}

Buffer body_of(ShapeBuilder& shapes, const Client& client, std::uint16_t type) {
    switch (type) {
        case 5:
            return number(1, 1) + number(0, 4);
        case tls::extension::kSupportedGroups:
            return vec(2, list_of(client.groups));
        case tls::extension::kPointFormats:
            return vec(1, number(0, 1));
        case tls::extension::kSignatureAlgorithms:
            return vec(2,
                       list_of({0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601}));
        case 27:
            return vec(1, number(2, 2));
        case tls::extension::kSupportedVersions:
            return vec(1, list_of({0x0304, 0x0303}));
        case tls::extension::kPskModes:
            return vec(1, number(1, 1));
        case tls::extension::kKeyShare:
            return key_shares(shapes, client);
        case 28:
            return number(0x4001, 2);
        case 34:
            return vec(2, list_of({0x0403, 0x0503, 0x0603}));
        case 17'613:
            return vec(2, vec(1, bytes_of("h2")));
        case tls::extension::kEncryptedClientHello:
            return encrypted_hello(shapes, 240, 32);
        case kTrustAnchors:
            return vec(2, shapes.random(184));
        case 0xff01:
            return vec(1, {});
        default:
            return {};
    }
}

Buffer hello_as(ShapeBuilder& shapes, const Client& client) {
    Hello hello = shapes.bare();
    hello.cipher_suites = list_of(client.suites);
    for (const std::uint16_t type : client.extensions) {
        const Buffer next = type == tls::extension::kServerName ? server_name(shapes.sni())
                            : type == tls::extension::kAlpn
                                ? alpn(client.alpn)
                                : extension(type, body_of(shapes, client, type));
        hello.extensions = hello.extensions + next;
    }
    const std::size_t size = hello.message().size() + 4;
    if (client.padded_to > size) {
        hello.extensions = hello.extensions + extension(21, Buffer(client.padded_to - size));
    }
    return hello.message();
}

const std::vector<std::uint16_t> kModernSuites = {0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f,
                                                  0xc02c, 0xc030, 0xcca9, 0xcca8};
const std::vector<std::uint16_t> kOpensslSuites = {
    0x1302, 0x1303, 0x1301, 0xc02c, 0xc030, 0x009f, 0xcca9, 0xcca8, 0xccaa, 0xc02b, 0xc02f,
    0x009e, 0xc024, 0xc028, 0x006b, 0xc023, 0xc027, 0x0067, 0xc00a, 0xc014, 0x0039, 0x00ff};

const std::vector<Client> kClients = {
    {"curl-openssl-3.0",
     kOpensslSuites,
     {0, 11, 10, 16, 22, 23, 49, 13, 43, 45, 51},
     {"h2", "http/1.1"},
     {29, 23, 30, 25, 24},
     512},
    {"openssl-3.0",
     kOpensslSuites,
     {0, 11, 10, 35, 22, 23, 13, 43, 45, 51},
     {},
     {29, 23, 30, 25, 24}},
    {"openssl-3.5",
     kOpensslSuites,
     {0xff01, 0, 11, 10, 35, 22, 23, 13, 43, 45, 51},
     {},
     {kPostQuantumGroup, 29, 23, 30}},
    {"openssl-tls-1.2", kOpensslSuites, {0, 11, 10, 35, 22, 23, 13}, {}, {29, 23}},
    {"python-3.11",
     kOpensslSuites,
     {0, 11, 10, 35, 16, 22, 23, 13, 43, 45, 51},
     {"http/1.1"},
     {29, 23, 30, 25, 24}},
    {"node-18",
     kOpensslSuites,
     {0, 11, 10, 35, 16, 22, 23, 13, 43, 45, 51},
     {"http/1.1"},
     {29, 23, 30, 25, 24}},
    {"gnutls",
     kModernSuites,
     {22, 5, 0, 23, 0xff01, 35, 10, 13, 11, 43, 45, 51, 28},
     {},
     {23, 24, 29}},
    {"firefox-nss",
     kModernSuites,
     {0, 23, 0xff01, 10, 11, 35, 16, 5, 34, 18, 51, 43, 13, 45, 28, 27,
      tls::extension::kEncryptedClientHello},
     {"h2", "http/1.1"},
     {kPostQuantumGroup, 29, 23, 24, 25}},
    {"chromium",
     kModernSuites,
     {kGreaseType, tls::extension::kEncryptedClientHello, 13, 51, 35, 0, 45, 43, 5, 27, 10, 18, 23,
      kTrustAnchors, 11, 17'613, 16, 0xff01, 0x1a1a},
     {"h2", "http/1.1"},
     {kGreaseType, kPostQuantumGroup, 29, 23, 24}},
    {"chromium-before-post-quantum",
     kModernSuites,
     {kGreaseType, 0, 23, 0xff01, 10, 11, 35, 16, 5, 13, 18, 51, 45, 43, 27, 0x1a1a},
     {"h2", "http/1.1"},
     {kGreaseType, 29, 23, 24},
     512},
    {"safari",
     kModernSuites,
     {kGreaseType, 0, 23, 0xff01, 10, 11, 16, 5, 13, 18, 51, 45, 43, 27},
     {"h2", "http/1.1"},
     {kGreaseType, 29, 23, 24, 25},
     512},
    {"go",
     kModernSuites,
     {0, 5, 10, 11, 13, 0xff01, 23, 16, 18, 43, 51},
     {"h2", "http/1.1"},
     {kPostQuantumGroup, 29, 23, 24, 25}},
    {"java-17", kModernSuites, {0, 5, 10, 11, 17, 23, 13, 43, 45, 50, 51}, {}, {29, 23, 24, 25}},
    {"rustls",
     kModernSuites,
     {43, 10, 13, 51, 11, 5, 45, 23, 35, 0, 16},
     {"h2"},
     {kPostQuantumGroup, 29, 23, 24}},
    {"envoy", kModernSuites, {0, 23, 0xff01, 10, 11, 35, 16, 13, 51, 45, 43}, {"h2"}, {29, 23}},
    {"android-4",
     {0xc02b, 0xc02f, 0x009e, 0xc00a, 0xc009, 0x0033, 0x0035, 0x000a},
     {0, 0xff01, 11, 10, 35, 13},
     {},
     {23, 24, 25}},
};

}  // namespace

void add_clients(ShapeBuilder& shapes) {
    constexpr std::size_t kPacket = 1'400;
    for (const Client& client : kClients) {
        const Buffer wire = record(hello_as(shapes, client));
        const Shape shape{
            .name = fmt::format("client/{}", client.name),
            .about = fmt::format("as {} says hello, {} bytes", client.name, wire.size()),
            .source = "RFC 8446 §4.1.2"};
        shapes.add(shape, wire);
        Shape in_two = shape;
        in_two.name += "-2-packets";
        in_two.about += ", in two packets";
        const std::size_t at = wire.size() > kPacket ? kPacket : wire.size() / 2;
        shapes.add(in_two, cut(record(hello_as(shapes, client)), {at}));
        Shape in_records = shape;
        in_records.name += "-3-records";
        in_records.about += ", in three records";
        shapes.add(in_records, records(hello_as(shapes, client), wire.size() / 3 + 1));
    }
}

}  // namespace sni::torture
