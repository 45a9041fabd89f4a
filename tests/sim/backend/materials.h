// What every run of the backend needs and no run changes: certificate, contexts and a session to
// resume. Made once, since a run is shorter than that.
#pragma once

#include <memory>

#include <openssl/ssl.h>

#include "lab/backend/session.h"

namespace sni::sim {

/// How a client speaks TLS.
enum class Dialect {
    v1_3,
    v1_3_resumed,
    v1_3_retried,  ///< its first share is of a group that the backend does not take
    v1_2,
    v1_2_resumed,
};

struct Materials {
    /// The backend's; the second is for after a reload, and resumes nothing of the first.
    std::shared_ptr<const backend::Serving> serving[2];
    certs::Owned<SSL_CTX, SSL_CTX_free> v1_3, v1_3_retried, v1_2;
    certs::Owned<SSL_SESSION, SSL_SESSION_free> session_1_3, session_1_2;

    SSL_CTX* context(Dialect dialect) const;
    /// Null: none is resumed.
    SSL_SESSION* session(Dialect dialect) const;
};

/// Made when it is first asked for, while no kernel plays.
const Materials& materials();

}  // namespace sni::sim
