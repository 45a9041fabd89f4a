#include "lab/httpbin/echo.h"

#include <algorithm>
#include <array>
#include <map>
#include <memory>

#include <fmt/format.h>

#include "lab/core/dns_name.h"
#include "lab/core/encoding.h"
#include "lab/http/element_limits.h"
#include "lab/http/multipart.h"
#include "lab/httpbin/handlers.h"
#include "lab/httpbin/json/json_echo.h"
#include "lab/httpbin/json/json_escape.h"
#include "lab/httpbin/json/large_json.h"
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

constexpr std::string_view kBytes = "application/octet-stream";

/// In one string of its own size, beside `content`: both may be large.
std::string data_url(std::string_view content, std::string_view type) {
    // A multiple of three, so that the text of none but the last is padded.
    constexpr std::size_t kPiece = 3u << 14;
    std::string url = fmt::format("data:{};base64,", type);
    url.reserve(url.size() + (content.size() + 2) / 3 * 4);
    for (; !content.empty(); content.remove_prefix(std::min(kPiece, content.size()))) {
        url += to_base64(as_bytes(content.substr(0, kPiece)));
    }
    return url;
}

/// Members of a member of the document stand so far from the left.
constexpr std::size_t kIndent = 2;

/// The body as the member `json`, or why it is not told; null when it is none.
Result<std::unique_ptr<JsonPart>, Response> body_as_json(const Request& request,
                                                         std::shared_ptr<const std::string> body) {
    const JsonLimits limits;
    JsonEcho echoed = echo_json(std::move(body), kIndent, limits);
    if (echoed.part) return std::move(echoed.part);
    const std::string type = to_lower_ascii(http::media_type(request));
    const bool meant = type == "application/json" || type.ends_with("+json");
    if (!meant) return nullptr;
    if (echoed.too_many) {
        return std::unexpected(
            error_response(413, fmt::format("the JSON has more than {} values", limits.values)));
    }
    if (echoed.too_deep) {
        return std::unexpected(
            error_response(413, fmt::format("the JSON has more than {} levels", limits.depth)));
    }
    return nullptr;
}

/// echo(), and data, files, form and json, which may be large, by their names.
struct BodyEcho {
    nlohmann::json document;  ///< null where they go
    std::map<std::string, std::unique_ptr<JsonPart>> large;

    void add(std::string name, std::unique_ptr<JsonPart> part);
    Response response() &&;
};

void BodyEcho::add(std::string name, std::unique_ptr<JsonPart> part) {
    document[name] = nullptr;
    if (part) large.emplace(std::move(name), std::move(part));
}

Response BodyEcho::response() && {
    constexpr std::string_view kNull = "null";
    std::string text =
        document.dump(kIndent, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
    JsonParts parts;
    for (auto& [name, part] : large) {  // in the document's order, too
        // Two spaces stand in front of the document's own members alone, and strings have no line
        // ends.
        const std::string member = fmt::format("\n  \"{}\": ", name);
        const std::size_t at = text.find(member) + member.size();
        parts.push_back(json_as_it_is(text.substr(0, at)));
        parts.push_back(std::move(part));
        text.erase(0, at + kNull.size());
    }
    parts.push_back(json_as_it_is(std::move(text)));
    return json_response(std::move(parts));
}

/// Of a multipart body.
Result<void, Response> add_parts(const Exchange& exchange, BodyEcho& echoed) {
    const std::string* type = http::find_header(exchange.request.headers, "Content-Type");
    auto parts =
        http::parse_multipart(exchange.request.body, http::boundary_of(*type).value_or(""));
    if (!parts) {
        return std::unexpected(
            error_response(413, fmt::format("the body has more than {} parts", http::kMostParts)));
    }
    http::Fields form;
    http::Fields files;
    for (http::Part& part : *parts) {
        const std::string_view part_type =
            part.content_type.empty() ? kBytes : std::string_view(part.content_type);
        if (part.filename) {
            const bool text = is_utf8(part.content);
            files.emplace_back(std::move(part.name),
                               text ? std::move(part.content) : data_url(part.content, part_type));
        } else {
            form.emplace_back(std::move(part.name), std::move(part.content));
        }
    }
    echoed.add("form", json_object(std::move(form), kIndent));
    echoed.add("files", json_object(std::move(files), kIndent));
    return {};
}

/// An application/x-www-form-urlencoded body.
bool is_form(const Request& request) {
    return http::same_ignoring_case(http::media_type(request), "application/x-www-form-urlencoded");
}

/// Or the answer to a body of more fields, parts or JSON values than are read.
Result<BodyEcho, Response> echo_with_body(const Exchange& exchange) {
    const Request& request = exchange.request;
    const std::string_view media = http::media_type(request);
    BodyEcho echoed{echo(exchange), {}};
    json& document = echoed.document;
    document["data"] = "";
    document["form"] = json::object();
    document["files"] = json::object();
    document["json"] = nullptr;
    if (is_form(request)) {
        auto fields = form_fields(request);
        if (!fields) return std::unexpected(std::move(fields.error()));
        echoed.add("form", json_object(std::move(*fields), kIndent));
    } else if (http::same_ignoring_case(media, "multipart/form-data")) {
        const auto added = add_parts(exchange, echoed);
        if (!added) return std::unexpected(added.error());
    } else {
        const bool text = is_utf8(request.body);  // else it is no JSON either
        const auto data = std::make_shared<const std::string>(
            text ? request.body : data_url(request.body, kBytes));
        if (text) {
            auto parsed = body_as_json(request, data);
            if (!parsed) return std::unexpected(std::move(parsed.error()));
            echoed.add("json", std::move(*parsed));
        }
        echoed.add("data", json_string(data));
    }
    return echoed;
}

}  // namespace

std::string origin(const Exchange& exchange) {
    const auto forwarded = http::list_header(exchange.request.headers, "X-Forwarded-For");
    return forwarded.value_or(exchange.connection.peer.host);
}

bool is_secure(const Exchange& exchange) {
    return exchange.connection.tls || http::same_ignoring_case(scheme(exchange), "https");
}

std::string own_base(const Exchange& exchange) {
    return fmt::format("{}://{}", is_secure(exchange) ? "https" : "http", host(exchange));
}

std::string_view shown_method(const Request& request) {
    return request.method == "HEAD" ? std::string_view("GET") : request.method;
}

json to_json(const http::Fields& fields) {
    json object = json::object();
    for (const auto& [name, value] : fields) {
        json& member = object[sound_utf8(name)];
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

Result<http::Fields, Response> form_fields(const Request& request) {
    if (!is_form(request)) return http::Fields();
    if (const auto refusal = http::too_many_fields(request)) {
        return std::unexpected(error_response(refusal->status, refusal->detail));
    }
    return http::parse_query(request.body);
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
    return std::move(*echoed).response();
}

Response anything(const Exchange& exchange) {
    auto echoed = echo_with_body(exchange);
    if (!echoed) return std::move(echoed.error());
    echoed->document["method"] = shown_method(exchange.request);
    return std::move(*echoed).response();
}

Response delay(const Exchange& exchange) {
    const auto duration = parse_delay(exchange.parameters.at(0));
    if (!duration) return error_response(400, duration.error());
    auto echoed = echo_with_body(exchange);
    if (echoed) {
        echoed->document.erase("json");
        echoed->large.erase("json");
    }
    Response response = echoed ? std::move(*echoed).response() : std::move(echoed.error());
    response.after = *duration;
    return response;
}

}  // namespace sni::httpbin
