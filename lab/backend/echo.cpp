#include "lab/backend/echo.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "lab/backend/delay.h"
#include "lab/backend/handlers.h"
#include "lab/backend/multipart.h"
#include "lab/core/dns_name.h"
#include "lab/core/encoding.h"

namespace sni::backend {

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
        if (const std::string* value = find_header(exchange.request.headers, name)) return *value;
    }
    const std::string* ssl = find_header(exchange.request.headers, "X-Forwarded-Ssl");
    const bool secure = exchange.connection.tls || (ssl && same_ignoring_case(*ssl, "on"));
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

/// Content-Type without its parameters.
std::string_view media_type(const Request& request) {
    const std::string* type = find_header(request.headers, "Content-Type");
    return type ? std::string_view(*type).substr(0, type->find_first_of("; \t"))
                : std::string_view();
}

constexpr std::string_view kUrlEncoded = "application/x-www-form-urlencoded";

/// Text as it is, anything else as a data URL.
std::string text_or_data_url(const std::string& content, std::string_view type) {
    if (is_utf8(content)) return content;
    return fmt::format("data:{};base64,{}", type, to_base64(as_bytes(content)));
}

/// Neither deep enough to exhaust the stack when it is printed, nor made of so many values that a
/// document of a few megabytes needs gigabytes.
bool reasonable_json(std::string_view text) {
    constexpr int kMaxDepth = 500;
    constexpr int kMaxValues = 1'000'000;
    int depth = 0;
    int values = 0;
    bool quoted = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (quoted && c == '\\') ++i;
        if (c == '"') quoted = !quoted;
        if (quoted) continue;
        const bool opens = c == '[' || c == '{';
        if (opens) ++depth;
        if (c == ']' || c == '}') --depth;
        if (opens || c == ',') ++values;
        if (depth > kMaxDepth || values > kMaxValues) return false;
    }
    return true;
}

json parsed_json(std::string_view text) {
    if (!reasonable_json(text)) return nullptr;
    json document = json::parse(text, nullptr, false);
    return document.is_discarded() ? json(nullptr) : document;
}

}  // namespace

std::string origin(const Exchange& exchange) {
    const std::string* forwarded = find_header(exchange.request.headers, "X-Forwarded-For");
    return forwarded ? *forwarded : exchange.connection.peer.host;
}

std::string own_base(const Exchange& exchange) {
    return fmt::format("{}://{}", exchange.connection.tls ? "https" : "http", host(exchange));
}

std::string_view shown_method(const Request& request) {
    return request.method == "HEAD" ? std::string_view("GET") : request.method;
}

json to_json(const Fields& fields) {
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
    const bool show_all = find_field(parse_query(exchange.request.query), "show_env") != nullptr;
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
    return {{"args", to_json(parse_query(exchange.request.query))},
            {"headers", echo_headers(exchange)},
            {"origin", origin(exchange)},
            {"url", url(exchange)}};
}

Fields form_fields(const Request& request) {
    return same_ignoring_case(media_type(request), kUrlEncoded) ? parse_query(request.body)
                                                                : Fields();
}

json echo_with_body(const Exchange& exchange) {
    const std::string& body = exchange.request.body;
    const std::string_view media = media_type(exchange.request);
    json document = echo(exchange);
    document["data"] = "";
    document["form"] = json::object();
    document["files"] = json::object();
    document["json"] = nullptr;
    if (same_ignoring_case(media, kUrlEncoded)) {
        document["form"] = to_json(parse_query(body));
    } else if (same_ignoring_case(media, "multipart/form-data")) {
        Fields form;
        Fields files;
        const std::string* type = find_header(exchange.request.headers, "Content-Type");
        for (const Part& part : parse_multipart(body, boundary_of(*type).value_or(""))) {
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
    } else {
        document["data"] = text_or_data_url(body, "application/octet-stream");
        document["json"] = parsed_json(body);
    }
    return document;
}

Response get(const Exchange& exchange) {
    return json_response(echo(exchange));
}

Response headers(const Exchange& exchange) {
    return json_response({{"headers", echo_headers(exchange)}});
}

Response ip(const Exchange& exchange) {
    return json_response({{"origin", origin(exchange)}});
}

Response user_agent(const Exchange& exchange) {
    const std::string* agent = find_header(exchange.request.headers, "User-Agent");
    return json_response({{"user-agent", agent ? json(*agent) : json(nullptr)}});
}

Response post(const Exchange& exchange) {
    return json_response(echo_with_body(exchange));
}

Response anything(const Exchange& exchange) {
    json document = echo_with_body(exchange);
    document["method"] = shown_method(exchange.request);
    return json_response(document);
}

Response delay(const Exchange& exchange) {
    const auto duration = parse_delay(exchange.parameters.at(0));
    if (!duration) return error_response(400, duration.error());
    json document = echo_with_body(exchange);
    document.erase("json");
    Response response = json_response(document);
    response.after = *duration;
    return response;
}

}  // namespace sni::backend
