// HTTP Digest (RFC 2617, RFC 7616) as httpbin offers it, for testing clients: it protects nothing,
// since everything the server knows stands in the path.
#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <openssl/evp.h>

#include "lab/core/codes.h"
#include "lab/core/diagnostic.h"
#include "lab/core/encoding.h"
#include "lab/http/cookie.h"
#include "lab/http/credentials.h"
#include "lab/httpbin/handlers.h"
#include "lab/httpbin/random.h"

namespace sni::httpbin {

namespace {

constexpr std::string_view kRealm = "me@kennethreitz.com";
/// An algorithm as it is called in HTTP, and its digest as OpenSSL calls it. SHA-512 is in no RFC,
/// but in httpbin.
struct Algorithm {
    std::string_view name;
    const char* digest;
    bool session;  ///< A1 holds both nonces (RFC 7616 §3.4.2)
};
constexpr auto kAlgorithms = std::to_array<Algorithm>({
    {"MD5", "MD5", false},
    {"MD5-sess", "MD5", true},
    {"SHA-256", "SHA2-256", false},
    {"SHA-256-sess", "SHA2-256", true},
    {"SHA-512-256", "SHA2-512/256", false},
    {"SHA-512-256-sess", "SHA2-512/256", true},
    {"SHA-512", "SHA2-512", false},
    {"SHA-512-sess", "SHA2-512", true},
});

/// Null for one that there is not.
const Algorithm* find_algorithm(std::string_view name) {
    const auto* found = std::ranges::find_if(kAlgorithms, [&](const Algorithm& algorithm) {
        return http::same_ignoring_case(algorithm.name, name);
    });
    return found == kAlgorithms.end() ? nullptr : found;
}

/// What the path asks for, made sound.
struct Wanted {
    std::string qop;
    std::string user;
    std::string password;
    Algorithm algorithm;  ///< MD5 when there is none of that name
    std::string stale_after;
};

Wanted wanted_by(const std::vector<std::string>& parameters) {
    const Algorithm* algorithm = find_algorithm(parameters.size() > 3 ? parameters[3] : "MD5");
    const bool one_qop = parameters[0] == "auth" || parameters[0] == "auth-int";
    return {.qop = one_qop ? parameters[0] : "auth, auth-int",
            .user = parameters[1],
            .password = parameters[2],
            .algorithm = algorithm ? *algorithm : kAlgorithms.front(),
            .stale_after = parameters.size() > 4 ? parameters[4] : "never"};
}

/// Lower-case hex.
std::string hash(const Algorithm& algorithm, std::string_view text) {
    std::array<std::byte, EVP_MAX_MD_SIZE> digest{};
    std::size_t size = 0;
    if (EVP_Q_digest(nullptr, algorithm.digest, nullptr, text.data(), text.size(),
                     reinterpret_cast<unsigned char*>(digest.data()), &size) != 1) {
        throw Failure(Exit::machine, code::kUnexpected,
                      fmt::format("OpenSSL has no {}", algorithm.digest));
    }
    return to_hex(Bytes(digest).first(size));
}

std::string value_of(const http::Fields& fields, std::string_view name) {
    const std::string* value = http::find_field(fields, name);
    return value ? *value : std::string();
}

/// The URI is the request's own: whatever a client writes into the header, that is what it asked.
bool right(const http::Fields& given, const Wanted& wanted, const Request& request) {
    const std::string* named = http::find_field(given, "algorithm");
    const std::string qop = value_of(given, "qop");
    if (!http::same_ignoring_case(named ? *named : "MD5", wanted.algorithm.name)) return false;
    if (value_of(given, "username") != wanted.user) return false;
    if (!qop.empty() && qop != "auth" && qop != "auth-int") return false;
    const auto h = [&](const std::string& text) { return hash(wanted.algorithm, text); };

    const std::string uri =
        request.path + (request.target.contains('?') ? "?" + request.query : std::string());
    const std::string nonce = value_of(given, "nonce");
    std::string ha1 =
        h(fmt::format("{}:{}:{}", wanted.user, value_of(given, "realm"), wanted.password));
    if (wanted.algorithm.session) {
        ha1 = h(fmt::format("{}:{}:{}", ha1, nonce, value_of(given, "cnonce")));
    }
    const std::string ha2 = qop == "auth-int"
                                ? h(fmt::format("{}:{}:{}", request.method, uri, h(request.body)))
                                : h(fmt::format("{}:{}", request.method, uri));
    const std::string expected =
        qop.empty() ? h(fmt::format("{}:{}:{}", ha1, nonce, ha2))
                    : h(fmt::format("{}:{}:{}:{}:{}:{}", ha1, nonce, value_of(given, "nc"),
                                    value_of(given, "cnonce"), qop, ha2));
    return http::same_ignoring_case(value_of(given, "response"), expected);
}

/// A value from the client may hold anything; what cannot be a cookie becomes an escaped one.
void add_cookie(Response& response, std::string_view name, std::string_view value) {
    if (auto header = http::set_cookie(name, value)) response.headers.push_back(std::move(*header));
}

Response challenge(const Wanted& wanted, bool stale) {
    const auto fresh = [&] { return hash(wanted.algorithm, random_bytes(16)); };
    Response response{
        .status = 401,
        .headers = {{"WWW-Authenticate",
                     fmt::format(R"(Digest realm="{}", nonce="{}", qop="{}", opaque="{}", )"
                                 "algorithm={}, stale={}",
                                 kRealm, fresh(), wanted.qop, fresh(), wanted.algorithm.name,
                                 stale ? "TRUE" : "FALSE")}}};
    add_cookie(response, "stale_after", wanted.stale_after);
    add_cookie(response, "fake", "fake_value");
    return response;
}

/// A number counts down, anything else stays "never".
std::string counted_down(std::string_view stale_after) {
    int left = 0;
    const auto [end, error] =
        std::from_chars(stale_after.data(), stale_after.data() + stale_after.size(), left);
    const bool number = error == std::errc{} && end == stale_after.data() + stale_after.size();
    return number && left > 0 ? std::to_string(left - 1) : "never";
}

bool requires_cookie(const Request& request) {
    const std::string answer = value_of(http::parse_query(request.query), "require-cookie");
    return answer == "1" || http::same_ignoring_case(answer, "t") ||
           http::same_ignoring_case(answer, "true");
}

}  // namespace

Response digest_auth(const Exchange& exchange) {
    const Request& request = exchange.request;
    const Wanted wanted = wanted_by(exchange.parameters);
    const http::Fields cookies = http::parse_cookies(request.headers);
    const std::string* header = http::find_header(request.headers, "Authorization");
    const auto given = header ? http::parse_credentials(*header, "Digest") : std::nullopt;
    const bool with_cookies = requires_cookie(request);
    if (!given || (with_cookies && !http::find_header(request.headers, "Cookie"))) {
        return challenge(wanted, false);
    }
    if (with_cookies && value_of(cookies, "fake") != "fake_value") {
        Response response = json_response({{"errors", {"missing cookie set on challenge"}}}, 403);
        add_cookie(response, "fake", "fake_value");
        return response;
    }
    const std::string nonce = value_of(*given, "nonce");
    const std::string* last_nonce = http::find_field(cookies, "last_nonce");
    const std::string* stale_after = http::find_field(cookies, "stale_after");
    const bool stale = (last_nonce && *last_nonce == nonce) || (stale_after && *stale_after == "0");
    if (stale || !right(*given, wanted, request)) {
        Response response = challenge(wanted, stale);
        add_cookie(response, "last_nonce", nonce);
        return response;
    }
    Response response = json_response({{"authenticated", true}, {"user", wanted.user}});
    add_cookie(response, "fake", "fake_value");
    if (stale_after) add_cookie(response, "stale_after", counted_down(*stale_after));
    return response;
}

}  // namespace sni::httpbin
