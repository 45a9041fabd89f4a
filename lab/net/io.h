// What became of a call that never waits: on a plain stream, and on a TLS session.
#pragma once

namespace sni::net {

enum class Io {
    done,
    want_read,   ///< again, when there is something to read
    want_write,  ///< again, when there is room to write
    ended,       ///< the peer has finished sending
    failed,      ///< for good
};

}  // namespace sni::net
