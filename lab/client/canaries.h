// Sends what is unusual beside a probe, each on a connection of its own. Judges nothing.
#pragma once

#include <optional>
#include <string>

#include "certs/identity.h"
#include "certs/issue.h"
#include "lab/client/observe.h"
#include "lab/proof/canary.h"

namespace sni::client {

/// A name that nobody has ever offered: "sni-lab-" and 16 hex digits.
std::string random_alpn_name();

/// A client certificate that is as old as this run, signed by the CA that the backend trusts;
/// nullptr: by itself.
certs::CertBundle fresh_client_certificate(const certs::CertBundle* authority);

/// The probe again, with one more name in its ALPN list, in front of the usual one.
proof::Canary send_alpn_canary(const Probe& probe, const certs::IdentityPublicKey& identity);

/// The probe again, with its own client certificate as the canary.
proof::Canary send_certificate_canary(const Probe& probe, const certs::IdentityPublicKey& identity);

}  // namespace sni::client
