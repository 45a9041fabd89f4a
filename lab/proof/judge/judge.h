// From evidence to a verdict, line by line. Pure: every rule has a test that needs no port.
#pragma once

#include <string>
#include <vector>

#include "lab/proof/canary.h"
#include "lab/proof/check.h"
#include "lab/proof/evidence.h"

namespace sni::proof {

/// Every line is evaluated; the verdict is the weakest necessary one, and missing evidence is never
/// a pass. `name` names the check; `canaries` were sent beside it.
Check judge(const Evidence& evidence, const Expectation& expected, std::string name,
            const std::vector<Canary>& canaries = {});

/// What the canaries themselves amount to: one line for each, or one that says that none was asked
/// for.
std::vector<Line> canary_lines(const std::vector<Canary>& canaries);

/// Several probes of one question as one check: the weakest of them, and a line that counts. At
/// least one.
Check weakest(const std::vector<Check>& samples);

/// False for suites that only keep bytes from being changed (NULL, RFC 9150).
bool encrypts(const TlsFacts& tls);
/// Does an eavesdropper who later gets the certificate's key still learn nothing? All of TLS 1.3's
/// full handshakes, and the (EC)DHE suites of TLS 1.2.
bool has_forward_secrecy(const TlsFacts& tls);

}  // namespace sni::proof
