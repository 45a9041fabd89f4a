#include "lab/httpbin/echo.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "lab/core/dns_name.h"
#include "lab/core/encoding.h"
#include "lab/http/multipart.h"
#include "lab/httpbin/handlers.h"
#include "lab/httpbin/json_echo.h"
#include "lab/httpbin/pace.h"

namespace sni::httpbin {

using nlohmann::json;

namespace {

constexpr std::array<std::string_view, 15> kHidden = {
    "X-Varnish",
    "X-Request-Start",
    "X-Heroku-Queue-Depth",
    "X-Heroku-Queue-Wait-Time",
    "X-Heroku-Dynos-In-Use",
    "X-Real-Ip",
    "X-Forwarded-Proto",
    "X-Forwarded-Protocol",
    "X-Forwarded-Ssl",
    "X-Forwarded-For",
    "X-Forwarded-Port",
    "X-Request-Id",
    "Via",
    "Total-Route-Time",
    "Connect-Time",
};

/// x-foo-BAR becomes X-Foo-Bar.
std::string title_case(std::string_view name) {
    std::string cased = to_lower_ascii(name);
    bool first = true;
    for (char& c : cased) {
        if (first && c >= 'a' && c <= 'z') c = static_cast<char>(c - ('a' - 'A'));
        first = c == '-';
    }
    return cased;
}

std::string scheme(const Exchange& exchange) {
    for (const std::string_view name : {"X-Forwarded-Proto", "X-Forwarded-Protocol"}) {
        if (const std::string* value = http::find_header(exchange.request.headers, name))
            return *value;
    }
    const std::string* ssl = http::find_header(exchange.request.headers, "X-Forwarded-Ssl");
    const bool secure = exchange.connection.tls || (ssl && http::same_ignoring_case(*ssl, "on"));
    return secure ? "https" : "http";
}

std::string host(const Exchange& exchange) {
    const Request& request = exchange.request;
    return request.host.empty() ? to_string(exchange.connection.local) : request.host;
}

std::string url(const Exchange& exchange) {
    const Request& request = exchange.request;
    const bool has_query = request.target.contains('?');
    return fmt::format("{}://{}{}{}{}", scheme(exchange), host(exchange), request.path,
                       has_query ? "?" : "", request.query);
}

constexpr std::string_view kUrlEncoded = "application/x-www-form-urlencoded";

/// Text as it is, anything else as a data URL.
std::string text_or_data_url(const std::string& content, std::string_view type) {
    if (http::is_utf8(content)) return content;
    return fmt::format("data:{};base64,{}", type, to_base64(as_bytes(content)));
}

constexpr std::string_view kNoJson = "null";

/// The body as the member `json`, or why it is not told.
Result<std::string, Response> body_as_json(const Request& request) {
    const JsonLimits limits;
    JsonEcho echoed = echo_json(request.body, 2, limits);
    if (echoed.text) return std::move(*echoed.text);
    const std::string type = to_lower_ascii(http::media_type(request));
    const bool meant = type == "application/json" || type.ends_with("+json");
    if (echoed.too_many && meant) {
        return std::unexpected(
            error_response(413, fmt::format("the JSON has more than {} values", limits.values)));
    }
    return std::string(kNoJson);
}

/// Of a multipart body.
Result<void, Response> add_parts(const Exchange& exchange, json& document) {
    const std::string* type = http::find_header(exchange.request.headers, "Content-Type");
    const auto parts =
        http::parse_multipart(exchange.request.body, http::boundary_of(*type).value_or(""));
    if (!parts) {
        return std::unexpected(
            error_response(413, fmt::format("the body has more than {} parts", http::kMostParts)));
    }
    http::Fields form;
    http::Fields files;
    for (const http::Part& part : *parts) {
        const std::string_view part_type = part.content_type.empty()
                                               ? "application/octet-stream"
                                               : std::string_view(part.content_type);
        if (part.filename) {
            files.emplace_back(part.name, text_or_data_url(part.content, part_type));
        } else {
            form.emplace_back(part.name, part.content);
        }
    }
    document["form"] = to_json(form);
    document["files"] = to_json(files);
    return {};
}

/// As json_response(), with a member `json` of which the text is known.
Response response_with_json(json document, std::string_view text) {
    document["json"] = nullptr;
    Response response = json_response(document);
    // Two spaces stand in front of the document's own members alone, and strings have no line ends.
    constexpr std::string_view kMember = "\n  \"json\": ";
    const std::size_t at = response.body.find(kMember) + kMember.size();
    response.body.replace(at, kNoJson.size(), text);
    return response;
}

}  // namespace

std::string origin(const Exchange& exchange) {
    const std::string* forwarded = http::find_header(exchange.request.headers, "X-Forwarded-For");
    return forwarded ? *forwarded : exchange.connection.peer.host;
}

std::string own_base(const Exchange& exchange) {
    return fmt::format("{}://{}", exchange.connection.tls ? "https" : "http", host(exchange));
}

std::string_view shown_method(const Request& request) {
    return request.method == "HEAD" ? std::string_view("GET") : request.method;
}

json to_json(const http::Fields& fields) {
    json object = json::object();
    for (const auto& [name, value] : fields) {
        json& member = object[name];
        if (member.is_null()) {
            member = value;
        } else if (member.is_string()) {
            member = json::array({std::move(member), value});
        } else {
            member.push_back(value);
        }
    }
    return object;
}

json echo_headers(const Exchange& exchange) {
    const bool show_all =
        http::find_field(http::parse_query(exchange.request.query), "show_env") != nullptr;
    json object = json::object();
    for (const auto& [raw_name, value] : exchange.request.headers) {
        const std::string name = title_case(raw_name);
        if (!show_all && std::ranges::find(kHidden, name) != kHidden.end()) continue;
        const auto [member, fresh] = object.emplace(name, value);
        if (!fresh) member->get_ref<std::string&>() += "," + value;
    }
    return object;
}

json echo(const Exchange& exchange) {
    return {{"args", to_json(http::parse_query(exchange.request.query))},
            {"headers", echo_headers(exchange)},
            {"origin", origin(exchange)},
            {"url", url(exchange)}};
}

http::Fields form_fields(const Request& request) {
    return http::same_ignoring_case(http::media_type(request), kUrlEncoded)
               ? http::parse_query(request.body)
               : http::Fields();
}

Result<BodyEcho, Response> echo_with_body(const Exchange& exchange) {
    const std::string& body = exchange.request.body;
    const std::string_view media = http::media_type(exchange.request);
    BodyEcho echoed{echo(exchange), std::string(kNoJson)};
    json& document = echoed.document;
    document["data"] = "";
    document["form"] = json::object();
    document["files"] = json::object();
    if (http::same_ignoring_case(media, kUrlEncoded)) {
        document["form"] = to_json(http::parse_query(body));
    } else if (http::same_ignoring_case(media, "multipart/form-data")) {
        const auto added = add_parts(exchange, document);
        if (!added) return std::unexpected(added.error());
    } else {
        document["data"] = text_or_data_url(body, "application/octet-stream");
        auto text = body_as_json(exchange.request);
        if (!text) return std::unexpected(std::move(text.error()));
        echoed.json = std::move(*text);
    }
    return echoed;
}

Response get(const Exchange& exchange) {
    return json_response(echo(exchange));
}

Response headers(const Exchange& exchange) {
    return json_response({{"headers", echo_headers(exchange)}});
}

Response ip(const Exchange& exchange) {
    const http::Fields args = http::parse_query(exchange.request.query);
    const std::string* format = http::find_field(args, "format");
    if (format && *format == "text") return text_response(origin(exchange));
    return json_response({{"origin", origin(exchange)}});
}

Response user_agent(const Exchange& exchange) {
    const std::string* agent = http::find_header(exchange.request.headers, "User-Agent");
    return json_response({{"user-agent", agent ? json(*agent) : json(nullptr)}});
}

Response post(const Exchange& exchange) {
    auto echoed = echo_with_body(exchange);
    if (!echoed) return std::move(echoed.error());
    return response_with_json(std::move(echoed->document), echoed->json);
}

Response anything(const Exchange& exchange) {
    auto echoed = echo_with_body(exchange);
    if (!echoed) return std::move(echoed.error());
    echoed->document["method"] = shown_method(exchange.request);
    return response_with_json(std::move(echoed->document), echoed->json);
}

Response delay(const Exchange& exchange) {
    const auto duration = parse_delay(exchange.parameters.at(0));
    if (!duration) return error_response(400, duration.error());
    const auto echoed = echo_with_body(exchange);
    Response response = echoed ? json_response(echoed->document) : echoed.error();
    response.after = *duration;
    return response;
}

}  // namespace sni::httpbin
