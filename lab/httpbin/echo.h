// The members that httpbin's echoing endpoints share.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "lab/core/result.h"
#include "lab/http/query.h"
#include "lab/httpbin/exchange.h"

namespace sni::httpbin {

/// One value of a name: a string; several: a list in order.
nlohmann::json to_json(const http::Fields& fields);

/// args, headers, origin, url.
nlohmann::json echo(const Exchange& exchange);
/// Where the request came from, as a proxy in front of us says or as the socket does.
std::string origin(const Exchange& exchange);
/// True when the client speaks TLS, be it with a proxy that says so. No proxy can say the contrary
/// of a connection that has it: nobody is sent from https to http.
bool is_secure(const Exchange& exchange);
/// "https://HOST", or http where that is what the client speaks.
std::string own_base(const Exchange& exchange);
/// "GET" for a HEAD, whose answer has the length of the GET's.
std::string_view shown_method(const Request& request);

/// The fields of an application/x-www-form-urlencoded body, or the answer to more of them than are
/// read; none when it is no such body.
Result<http::Fields, Response> form_fields(const Request& request);

/// Names Title-Cased, duplicates joined with a comma; what proxies add is hidden unless the query
/// has show_env.
nlohmann::json echo_headers(const Exchange& exchange);

}  // namespace sni::httpbin
