// The same routes for routers that are not ours: a whole configuration each, which holds no key and
// asks for none. Pure: config in, text out.
#pragma once

#include <string>
#include <vector>

#include "lab/export/routers/proxy_config.h"

namespace sni::exporting {

/// One file for `envoy -c`: TLS inspector and TCP proxy, nothing else.
std::string envoy(const ProxyConfig& config);

/// One file for `haproxy -f`. Weights above 256, which is HAProxy's most, are scaled down.
std::string haproxy(const ProxyConfig& config);

/// One file for `nginx -c`; needs the stream module and nginx 1.21.4.
std::string nginx(const ProxyConfig& config);

/// What of the config the router's own words cannot say, as sentences. Envoy's can say all of it.
std::vector<std::string> haproxy_notes(const ProxyConfig& config);
std::vector<std::string> nginx_notes(const ProxyConfig& config);

}  // namespace sni::exporting
