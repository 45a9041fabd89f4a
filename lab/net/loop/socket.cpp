#include "lab/net/loop/socket.h"

#include <algorithm>
#include <cerrno>

#include "lab/net/address.h"

namespace sni::net {

Endpoint Socket::local() const {
    Endpoint local = local_endpoint(stream_->fd());
    // A peer is known without its zone, and so are we to it.
    local.host.resize(std::min(local.host.find('%'), local.host.size()));
    return local;
}

bool ReadSome::try_now() {
    if (!stream_.may_receive()) return false;
    const ssize_t count = stream_.receive(buffer_);
    if (count < 0 && errno == EAGAIN) return false;
    if (count < 0) {
        error_ = errno;
    } else {
        count_ = static_cast<std::size_t>(count);
    }
    return true;
}

bool WriteAll::try_now() {
    if (!stream_.may_send()) return false;
    const ssize_t count = stream_.send(rest_);
    if (count < 0) {
        error_ = errno;
        return true;
    }
    rest_ = rest_.subspan(static_cast<std::size_t>(count));
    if (!rest_.empty() && stream_.failed()) error_ = ECONNRESET;
    return rest_.empty() || error_ != 0;
}

}  // namespace sni::net
