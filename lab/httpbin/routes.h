// Which paths there are, with which methods, answered by whom: one table. Everything that holds for
// all of them (404, 405 with Allow, OPTIONS, CORS) is done here once. They open nothing;
// some draw random bytes, and some answers come later than they are asked for.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "lab/httpbin/exchange.h"

namespace sni::httpbin {

/// `pattern` is a path whose segments may be {name}, one segment that is not empty, or at the end
/// {name...}, one or more of them. GET implies HEAD; OPTIONS is always there.
struct Route {
    std::string_view pattern;
    std::span<const std::string_view> methods;
    Response (*handler)(const Exchange&);
    std::string_view example;  ///< a path for the index page; empty: not listed
    std::string_view about;
};

std::span<const Route> routes();

/// The answer to any request that could be read, bodies of HEAD included: whoever sends it leaves
/// them out. `failure` as guarded() has it, for whoever wants to know.
Response respond(const Request& request, const Connection& connection, const Site& site,
                 std::string* failure = nullptr);

/// What `handler` answers; an exception out of it becomes a 500 that says nothing about it, and
/// `failure` what it said: for the log, never for the client.
Response guarded(const std::function<Response()>& handler, std::string* failure = nullptr);

/// Every answer carries these, whether or not its request could be read (null).
void add_cors(Response& response, const Request* request);

}  // namespace sni::httpbin
