// The same routes for routers that are not ours: a whole configuration each, which holds no key and
// asks for none. Pure: wiring in, text out.
#pragma once

#include <string>
#include <vector>

#include "lab/export/wiring.h"

namespace sni::exporting {

/// One file for `envoy -c`: TLS inspector and TCP proxy, nothing else.
std::string envoy(const Wiring& wiring);

/// One file for `haproxy -f`. Weights above 256, which is HAProxy's most, are scaled down.
std::string haproxy(const Wiring& wiring);

/// One file for `nginx -c`; needs the stream module and nginx 1.21.4.
std::string nginx(const Wiring& wiring);

/// What of the wiring the router's own words cannot say, as sentences. Envoy's can say all of it.
std::vector<std::string> haproxy_notes(const Wiring& wiring);
std::vector<std::string> nginx_notes(const Wiring& wiring);

}  // namespace sni::exporting
