#include "lab/httpbin/routes.h"

#include <algorithm>
#include <array>
#include <exception>
#include <optional>

#include <fmt/format.h>

#include "lab/core/encoding.h"
#include "lab/http/element_limits.h"
#include "lab/http/query.h"
#include "lab/httpbin/handlers.h"

namespace sni::httpbin {

namespace {

constexpr std::array<std::string_view, 1> kGet = {"GET"};
constexpr std::array<std::string_view, 1> kHead = {"HEAD"};
constexpr std::array<std::string_view, 1> kPost = {"POST"};
constexpr std::array<std::string_view, 1> kPut = {"PUT"};
constexpr std::array<std::string_view, 1> kPatch = {"PATCH"};
constexpr std::array<std::string_view, 1> kDelete = {"DELETE"};
constexpr std::array<std::string_view, 2> kGetPost = {"GET", "POST"};
constexpr std::array<std::string_view, 3> kUpload = {"POST", "PUT", "PATCH"};
constexpr std::array<std::string_view, 6> kAny = {"GET", "POST", "PUT", "DELETE", "PATCH", "TRACE"};

constexpr auto kRoutes = std::to_array<Route>({
    {"/", kGet, index, "/", "this page"},
    {"/spec.json", kGet, spec, "/spec.json", "all of it as OpenAPI has it"},
    {"/get", kGet, get, "/get?a=1&b=two", "arguments, headers, origin and URL of the request"},
    {"/post", kPost, post, "", ""},
    {"/put", kPut, post, "", ""},
    {"/patch", kPatch, post, "", ""},
    {"/delete", kDelete, post, "", ""},
    {"/anything", kAny, anything, "/anything", "all of the request, with any method and body"},
    {"/anything/{path...}", kAny, anything, "", ""},
    {"/headers", kGet, headers, "/headers", "the request's headers"},
    {"/ip", kGet, ip, "/ip", "the address the request came from"},
    {"/user-agent", kGet, user_agent, "/user-agent", "the request's User-Agent"},
    {"/dump/request", kAny, dump_request, "/dump/request", "the request as it came over the wire"},

    {"/tls", kGet, tls, "/tls", "this TLS session, as only its true end can know it"},
    {"/tls/hello", kGet, tls_hello, "/tls/hello", "your ClientHello, as it arrived here"},
    {"/tls/client-cert", kGet, tls_client_certificate, "/tls/client-cert",
     "the certificate that the client showed, PEM"},
    {"/tls/exporter", kGet, tls_exporter, "/tls/exporter",
     "a digest of the RFC 9266 channel binding: equal at both ends of one session only"},
    {proof::kPath, kGet, proof, "", ""},

    {"/status/{codes}", kAny, status, "/status/418",
     "that status, or one of a list: /status/200:3,503"},
    {"/delay/{s}", kAny, delay, "/delay/1", "the same as /anything, some seconds later"},
    {"/unstable", kGet, unstable, "/unstable?failure_rate=0.5", "200, or 500 by chance"},
    {"/fault/{kind}", kAny, fault, "/fault/reset",
     "no answer at all: reset, close, or hang until the client gives up"},

    {"/bytes/{n}", kGet, bytes, "/bytes/16?seed=0", "random bytes, repeatable with a seed"},
    {"/stream-bytes/{n}", kGet, stream_bytes, "/stream-bytes/16?seed=0&chunk_size=4",
     "the same in chunks"},
    {"/stream/{n}", kGet, stream, "/stream/3", "lines of JSON, a chunk each"},
    {"/jsonl", kGet, jsonl, "/jsonl?count=3&duration=1s", "the same over some time"},
    {"/sse", kGet, sse, "/sse?count=3&duration=1s", "server-sent events"},
    {"/drip", kGet, drip, "/drip?numbytes=5&duration=2", "bytes that come one by one"},
    {"/range/{n}", kGet, range, "/range/26", "the alphabet, in ranges too"},
    {"/trailers", kAny, trailers, "/trailers?a=1", "the query as trailers behind a chunked body"},
    {"/websocket/echo", kGet, websocket_echo, "", ""},
    {"/uuid", kGet, uuid, "/uuid", "a random UUID"},
    {"/base64/{value}", kGet, base64, "/base64/dGVhcG90", "what the base64 says"},
    {"/base64/decode/{value}", kGet, base64, "", ""},
    {"/base64/encode/{value}", kGet, base64_encode, "/base64/encode/teapot", "the other way round"},

    {"/redirect/{n}", kGet, redirect, "/redirect/3", "as many redirects, then /get"},
    {"/relative-redirect/{n}", kGet, relative_redirect, "", ""},
    {"/absolute-redirect/{n}", kGet, absolute_redirect, "", ""},
    {"/redirect-to", kAny, redirect_to, "/redirect-to?url=/get&status_code=307",
     "a redirect to anywhere"},
    {"/cookies", kGet, cookies, "/cookies", "the request's cookies"},
    {"/cookies/set", kGet, set_cookies, "/cookies/set?tea=pot", "sets cookies"},
    {"/cookies/set/{name}/{value}", kGet, set_one_cookie, "", ""},
    {"/cookies/delete", kGet, delete_cookies, "/cookies/delete?tea", "deletes them"},
    {"/basic-auth/{user}/{password}", kGet, basic_auth, "/basic-auth/user/passwd",
     "asks for these, and no others"},
    {"/hidden-basic-auth/{user}/{password}", kGet, hidden_basic_auth, "", ""},
    {"/digest-auth/{qop}/{user}/{password}", kGet, digest_auth, "/digest-auth/auth/user/passwd",
     "the same by digest; MD5, SHA-256, SHA-512-256 or SHA-512 may follow, with -sess too"},
    {"/digest-auth/{qop}/{user}/{password}/{algorithm}", kGet, digest_auth, "", ""},
    {"/digest-auth/{qop}/{user}/{password}/{algorithm}/{stale_after}", kGet, digest_auth, "", ""},
    {"/bearer", kGet, bearer, "/bearer", "any bearer token"},

    {"/gzip", kGet, gzip, "/gzip", "compressed, whatever the client accepts"},
    {"/deflate", kGet, deflate, "/deflate", "the same in zlib's format"},
    {"/brotli", kGet, brotli, "/brotli", "the same with brotli"},
    {"/zstd", kGet, zstd, "/zstd", "the same with Zstandard"},
    {"/response-headers", kGetPost, response_headers, "/response-headers?X-Tea=pot",
     "the query as headers"},
    {"/etag/{etag}", kGet, etag, "/etag/tea", "304 or 412 by If-None-Match and If-Match"},
    {"/cache", kGet, cache, "/cache", "304 for any conditional request"},
    {"/cache/{seconds}", kGet, cache_for, "/cache/60", "may be cached for so long"},

    {"/html", kGet, document, "/html", "a page"},
    {"/forms/post", kGet, document, "/forms/post", "a form that posts to /post"},
    {"/encoding/utf8", kGet, document, "/encoding/utf8", "many scripts"},
    {"/json", kGet, document, "/json", "a document"},
    {"/xml", kGet, document, "/xml", "another one"},
    {"/image", kGet, image, "/image", "by what the client accepts"},
    {"/image/{kind}", kGet, image_of_kind, "/image/svg", "png, jpeg, webp or svg"},
    {"/links/{n}", kGet, links, "/links/5", "pages that link to each other"},
    {"/links/{n}/{here}", kGet, links_page, "", ""},
    {"/robots.txt", kGet, document, "/robots.txt", "what crawlers should leave alone"},
    {"/deny", kGet, document, "/deny", "namely this"},

    {"/upload", kUpload, upload, "", ""},
    {"/head", kHead, head, "", ""},
    {"/hostname", kGet, hostname, "/hostname", "the name this backend was given"},
    {"/version", kGet, version, "/version", "what it is"},
    {"/env", kGet, env, "/env", "its variables named HTTPBIN_ENV_…"},
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
    if (!path.starts_with(pattern.substr(0, pattern.find('{')))) return std::nullopt;
    std::vector<std::string> parameters;
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
    return std::ranges::any_of(route.methods, [&](std::string_view one) {
        return one == method || (one == "GET" && method == "HEAD");
    });
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
    if (const auto wanted = http::list_header(request.headers, "Access-Control-Request-Headers")) {
        response.headers.push_back({"Access-Control-Allow-Headers", *wanted});
    }
    return response;
}

Response dispatch(const Request& request, const Connection& connection, const Site& site) {
    if (request.path == "*") return options_response(request, "GET, HEAD, POST, OPTIONS");
    if (const auto refusal = http::too_many_elements(request)) {
        return error_response(refusal->status, refusal->detail);
    }
    const std::string path = http::percent_decode(request.path);
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
    const std::string* origin = request ? http::find_header(request->headers, "Origin") : nullptr;
    // A handler that sends what the client asked for may have set them already; browsers take one.
    std::erase_if(response.headers, [](const Header& header) {
        return http::same_ignoring_case(header.name, "Access-Control-Allow-Origin") ||
               http::same_ignoring_case(header.name, "Access-Control-Allow-Credentials");
    });
    response.headers.push_back({"Access-Control-Allow-Origin", origin ? *origin : "*"});
    response.headers.push_back({"Access-Control-Allow-Credentials", "true"});
}

Response guarded(const std::function<Response()>& handler, std::string* failure) {
    try {
        return handler();
    } catch (const std::exception& error) {
        if (failure) *failure = error.what();
        return error_response(500, "the backend failed to answer");
    }
}

Response respond(const Request& request, const Connection& connection, const Site& site,
                 std::string* failure) {
    Response response = guarded([&] { return dispatch(request, connection, site); }, failure);
    add_cors(response, &request);
    return response;
}

}  // namespace sni::httpbin
