// A ClientHello as it lies in its bytes (RFC 8446 §4.1.2): the one reader of its frame, for whoever
// routes by it, describes it or makes a fingerprint of it. Nothing is copied and nothing judged.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "lab/core/bytes.h"

namespace sni::tls {

/// The message's parts, as views into it.
struct HelloView {
    /// Every vector of the message ends where its parent says. Where one does not, what stands
    /// before it is here all the same.
    bool framed = false;
    std::uint16_t legacy_version = 0;
    Bytes session_id;
    Bytes cipher_suites;  ///< of two bytes each, where their number is even
    Bytes compression;
    Bytes extensions;  ///< for next_extension(); inside they are not framed yet
};

/// `body`: the message behind its type and length; it must outlive the view.
HelloView view_hello(Bytes body);

struct Extension {
    std::uint16_t type = 0;
    Bytes data;
};

/// Takes the next one off HelloView::extensions; nothing at their end, and where one does not fit:
/// `extensions.ok()` tells which.
std::optional<Extension> next_extension(ByteReader& extensions);

/// What a server_name extension holds (RFC 6066 §3): { u8 type, u16 length, name } each.
struct ServerNames {
    bool framed = false;        ///< the list fills the extension, and its entries the list
    std::optional<Bytes> host;  ///< the first that is a host_name
    std::size_t hosts = 0;
    bool empty_host = false;  ///< one of them has no character
    std::size_t others = 0;   ///< of other types, none of which was ever defined
};
ServerNames read_server_names(Bytes data);

/// Calls `each` with every name of an ALPN extension's data (RFC 7301 §3.1) as Bytes; false when
/// they are not framed, after those in front of the fault.
template <class Each>
bool each_alpn_name(Bytes data, Each each) {
    ByteReader reader(data);
    ByteReader list = reader.vec16();
    while (!list.empty()) {
        const Bytes name = list.vec8().rest();
        if (list.ok()) each(name);
    }
    return reader.done() && list.ok();
}

}  // namespace sni::tls
