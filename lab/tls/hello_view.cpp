#include "lab/tls/hello_view.h"

namespace sni::tls {

HelloView view_hello(Bytes body) {
    HelloView hello;
    ByteReader reader(body);
    hello.legacy_version = reader.u16();
    reader.bytes(32);  // random
    hello.session_id = reader.vec8().rest();
    hello.cipher_suites = reader.vec16().rest();
    hello.compression = reader.vec8().rest();
    // Without extensions, as before TLS 1.2 (RFC 5246 §7.4.1.2).
    const Bytes extensions = reader.empty() ? Bytes() : reader.vec16().rest();
    hello.framed = reader.done();
    if (hello.framed) hello.extensions = extensions;
    return hello;
}

std::optional<Extension> next_extension(ByteReader& extensions) {
    if (extensions.empty()) return std::nullopt;
    const std::uint16_t type = extensions.u16();
    const Bytes data = extensions.vec16().rest();
    if (!extensions.ok()) return std::nullopt;
    return Extension{type, data};
}

ServerNames read_server_names(Bytes data) {
    constexpr std::uint8_t kHostName = 0;
    ServerNames names;
    ByteReader reader(data);
    ByteReader list = reader.vec16();
    while (!list.empty()) {
        const bool is_host = list.u8() == kHostName;
        const Bytes name = list.vec16().rest();
        if (!list.ok()) break;
        if (is_host && !names.host) names.host = name;
        names.empty_host = names.empty_host || (is_host && name.empty());
        ++(is_host ? names.hosts : names.others);
    }
    names.framed = reader.done() && list.ok();
    return names;
}

}  // namespace sni::tls
