// What a backend says to bytes that it should not take.
#pragma once

#include <string>

#include "lab/backend/backend.h"
#include "tests/support/tls_client.h"

namespace sni::test {

/// Sends `bytes` on a fresh connection; everything that comes back until the server closes.
inline std::string refused(const backend::Backend& server, const std::string& bytes) {
    TlsClient client(server.listening());
    client.send(bytes);
    return client.read_to_end();
}

}  // namespace sni::test
