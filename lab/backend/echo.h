// The members that httpbin's echoing endpoints share.
#pragma once

#include <nlohmann/json.hpp>

#include "lab/backend/exchange.h"
#include "lab/backend/query.h"

namespace sni::backend {

/// One value of a name: a string; several: a list in order.
nlohmann::json to_json(const Fields& fields);

/// args, headers, origin, url.
nlohmann::json echo(const Exchange& exchange);
/// echo(), and data, files, form, json.
nlohmann::json echo_with_body(const Exchange& exchange);

/// Names Title-Cased, duplicates joined with a comma; what proxies add is hidden unless the query
/// has show_env.
nlohmann::json echo_headers(const Exchange& exchange);

}  // namespace sni::backend
