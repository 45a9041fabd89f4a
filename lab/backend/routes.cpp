#include "lab/backend/routes.h"

#include <algorithm>
#include <array>
#include <optional>

#include <fmt/format.h>

#include "lab/backend/handlers.h"
#include "lab/backend/query.h"
#include "lab/core/encoding.h"

namespace sni::backend {

namespace {

constexpr std::array<std::string_view, 1> kGet = {"GET"};
constexpr std::array<std::string_view, 1> kPost = {"POST"};
constexpr std::array<std::string_view, 1> kPut = {"PUT"};
constexpr std::array<std::string_view, 1> kPatch = {"PATCH"};
constexpr std::array<std::string_view, 1> kDelete = {"DELETE"};
constexpr std::array<std::string_view, 6> kAny = {"GET", "POST", "PUT", "DELETE", "PATCH", "TRACE"};

constexpr auto kRoutes = std::to_array<Route>({
    {"/", kGet, index, "/", "this page"},
    {"/get", kGet, get, "/get?a=1&b=two", "arguments, headers, origin and URL of the request"},
    {"/headers", kGet, headers, "/headers", "the request's headers"},
    {"/ip", kGet, ip, "/ip", "the address the request came from"},
    {"/user-agent", kGet, user_agent, "/user-agent", "the request's User-Agent"},
    {"/uuid", kGet, uuid, "/uuid", "a random UUID"},
    {"/post", kPost, post, "", ""},
    {"/put", kPut, post, "", ""},
    {"/patch", kPatch, post, "", ""},
    {"/delete", kDelete, post, "", ""},
    {"/anything", kAny, anything, "/anything", "all of the request, with any method and body"},
    {"/anything/{path...}", kAny, anything, "", ""},
    {"/status/{codes}", kAny, status, "/status/418",
     "that status, or one of a list: /status/200:3,503"},
    {"/bytes/{n}", kGet, bytes, "/bytes/16?seed=0", "random bytes, repeatable with a seed"},
    {"/delay/{s}", kAny, delay, "/delay/1", "the same as /anything, some seconds later"},
    {"/tls", kGet, tls, "/tls", "this TLS session, as only its true end can know it"},
    {"/tls/hello", kGet, tls_hello, "/tls/hello", "your ClientHello, as it arrived here"},
    {proof::kPath, kGet, proof, "", ""},
});

/// Takes one segment off the front; the slash in front of the next one goes too.
std::string_view take_segment(std::string_view& path) {
    const std::size_t slash = path.find('/');
    const std::string_view segment = path.substr(0, slash);
    path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
    return segment;
}

/// What the {…} of `pattern` match in the decoded `path`; nothing when it does not fit.
std::optional<std::vector<std::string>> match(std::string_view pattern, std::string_view path) {
    if (!pattern.contains('{')) {
        return pattern == path ? std::optional(std::vector<std::string>()) : std::nullopt;
    }
    std::vector<std::string> parameters;
    if (!path.starts_with('/')) return std::nullopt;
    path.remove_prefix(1);
    pattern.remove_prefix(1);
    while (!pattern.empty()) {
        const std::string_view expected = take_segment(pattern);
        if (path.empty()) return std::nullopt;
        if (expected.ends_with("...}")) {
            parameters.emplace_back(path);
            return parameters;
        }
        const bool more_follows = path.contains('/');
        const std::string_view segment = take_segment(path);
        if (more_follows == pattern.empty()) return std::nullopt;
        if (expected.starts_with('{') && !segment.empty()) {
            parameters.emplace_back(segment);
        } else if (segment != expected) {
            return std::nullopt;
        }
    }
    return parameters;
}

bool allows(const Route& route, std::string_view method) {
    const std::string_view wanted = method == "HEAD" ? "GET" : method;
    return std::ranges::find(route.methods, wanted) != route.methods.end();
}

std::string allow_header(const Route& route) {
    std::string allow;
    for (const std::string_view method : route.methods) {
        allow += fmt::format("{}, ", method);
        if (method == "GET") allow += "HEAD, ";
    }
    return allow + "OPTIONS";
}

Response options_response(const Request& request, std::string allow) {
    Response response;
    response.headers = {
        {"Allow", std::move(allow)},
        {"Access-Control-Allow-Methods", "GET, POST, PUT, DELETE, PATCH, OPTIONS"},
        {"Access-Control-Max-Age", "3600"},
    };
    if (const auto* wanted = find_header(request.headers, "Access-Control-Request-Headers")) {
        response.headers.push_back({"Access-Control-Allow-Headers", *wanted});
    }
    return response;
}

Response dispatch(const Request& request, const Connection& connection, const Site& site) {
    if (request.path == "*") return options_response(request, "GET, HEAD, POST, OPTIONS");
    const std::string path = percent_decode(request.path);
    for (const Route& route : kRoutes) {
        auto parameters = match(route.pattern, path);
        if (!parameters) continue;
        if (request.method == "OPTIONS") return options_response(request, allow_header(route));
        if (allows(route, request.method)) {
            return route.handler({request, connection, site, std::move(*parameters)});
        }
        Response response =
            error_response(405, fmt::format("{} is not for {}", route.pattern, request.method));
        response.headers.push_back({"Allow", allow_header(route)});
        return response;
    }
    return error_response(
        404, fmt::format("there is no {}; / lists what there is", printable(path.substr(0, 200))));
}

}  // namespace

std::span<const Route> routes() {
    return kRoutes;
}

void add_cors(Response& response, const Request* request) {
    const std::string* origin = request ? find_header(request->headers, "Origin") : nullptr;
    response.headers.push_back({"Access-Control-Allow-Origin", origin ? *origin : "*"});
    response.headers.push_back({"Access-Control-Allow-Credentials", "true"});
}

Response respond(const Request& request, const Connection& connection, const Site& site) {
    Response response = dispatch(request, connection, site);
    add_cors(response, &request);
    return response;
}

}  // namespace sni::backend
