// The lines of the backend's access log: one for each request, and one for each connection that
// never came to any. Pure but for the clock.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "lab/core/endpoint.h"

namespace sni::backend {

/// A request that was answered. Null pointers: nobody knows.
struct ServedRequest {
    const Endpoint& peer;
    const std::string* sni = nullptr;     ///< as sent, any bytes
    const std::string* method = nullptr;  ///< null: no request was understood
    const std::string* target = nullptr;
    int status = 0;           ///< 0: a fault was asked for instead of an answer
    std::string_view reason;  ///< why the backend failed to answer; empty: it did not
    std::size_t bytes = 0;    ///< head and body, as far as the client took them
    std::chrono::microseconds took{0};
    bool whole = true;  ///< the client got all of it
};

/// A connection that ended before a request could come.
struct FailedHandshake {
    const Endpoint& peer;
    const std::string* sni = nullptr;
    std::string_view reason;
    std::string_view saw;  ///< tls::spoken_in() of what came instead of TLS; empty: it was TLS
};

/// JSON without a line end, keys sorted; bytes that are no UTF-8 become U+FFFD. Throws
/// std::bad_alloc.
std::string access_line(const ServedRequest& served);
std::string access_line(const FailedHandshake& failed);

}  // namespace sni::backend
