// Sends what is unusual beside a probe, each on a connection of its own. Judges nothing.
#pragma once

#include <optional>
#include <string>

#include "certs/identity.h"
#include "certs/issue.h"
#include "lab/client/observe.h"
#include "lab/proof/canary.h"

namespace sni::client {

/// A client certificate that is as old as this run, signed by the CA that the backend trusts;
/// nullptr: by itself.
certs::CertBundle fresh_client_certificate(const certs::CertBundle* authority);

/// The probe again, with another ALPN list: a name of GREASE, which browsers send and nobody knows
/// (RFC 8701 §2), among those that everybody sends, in an order drawn by lot. Nothing in it says
/// who asks.
proof::Canary send_alpn_canary(const Probe& probe, const certs::IdentityPublicKey& identity);

/// The probe again, with its own client certificate as the canary.
proof::Canary send_certificate_canary(const Probe& probe, const certs::IdentityPublicKey& identity);

}  // namespace sni::client
