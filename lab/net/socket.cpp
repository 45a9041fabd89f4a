#include "lab/net/socket.h"

#include <cerrno>

#include "lab/net/address.h"

namespace sni::net {

Endpoint Socket::local() const {
    return local_endpoint(stream_->fd());
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
    return rest_.empty();
}

}  // namespace sni::net
