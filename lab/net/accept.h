// One client of a listening socket, and what accept(2) may say instead.
#pragma once

#include "lab/net/address.h"
#include "lab/net/descriptor.h"

namespace sni::net {

struct Accepted {
    Descriptor socket;  ///< non-blocking, close-on-exec
    Address peer;
    int error = 0;  ///< an errno, when there is no socket; EAGAIN: nobody waits

    explicit operator bool() const { return static_cast<bool>(socket); }
};

/// Does not wait, if `listener` does not.
Accepted accept_now(const Descriptor& listener);

/// A client that was gone before it was accepted, or that a firewall keeps out: the next one may be
/// well.
bool concerns_one_client(int error);
/// Of descriptors or memory: over when something closes, here or elsewhere.
bool is_shortage(int error);

}  // namespace sni::net
