#include "lab/http/multipart.h"

#include "lab/http/lines.h"
#include "lab/http/message.h"
#include "lab/http/request_head.h"

namespace sni::http {

namespace {

/// One parameter of a "value; name=text; name=\"quoted text\"" header. Inside quotes a backslash
/// escapes a quote or a backslash, and nothing else: browsers send Windows paths unescaped.
std::optional<std::string> parameter(std::string_view header, std::string_view name) {
    std::size_t at = header.find(';');
    while (at < header.size()) {
        at = header.find_first_not_of("; \t", at);
        if (at == std::string_view::npos) break;
        const std::size_t equals = header.find_first_of("=;", at);
        if (equals == std::string_view::npos) break;
        const std::string_view key = header.substr(at, equals - at);
        at = equals;
        if (header[equals] == ';') continue;
        std::string value;
        ++at;
        if (at < header.size() && header[at] == '"') {
            for (++at; at < header.size() && header[at] != '"'; ++at) {
                const bool escape = header[at] == '\\' && at + 1 < header.size() &&
                                    (header[at + 1] == '"' || header[at + 1] == '\\');
                if (escape) ++at;
                value += header[at];
            }
            at = header.find(';', at);
        } else {
            const std::size_t end = header.find(';', at);
            value = trim(header.substr(at, end - at));
            at = end;
        }
        if (same_ignoring_case(key, name)) return value;
    }
    return std::nullopt;
}

bool is_folded(std::string_view rest) {
    return rest.starts_with(' ') || rest.starts_with('\t');
}

/// `line` with those of `rest` that go on with it (RFC 5322 §2.2.3), a space for each fold.
std::string unfold(std::string_view line, std::string_view& rest) {
    std::string whole(line);
    while (is_folded(rest)) {
        (whole += ' ') += trim(take_line(rest));
    }
    return whole;
}

std::optional<Part> parse_part(std::string_view text) {
    Part part;
    bool named = false;
    std::string unfolded;
    for (std::string_view line = take_line(text); !line.empty(); line = take_line(text)) {
        if (is_folded(text)) line = unfolded = unfold(line, text);
        const auto field = parse_field_line(line);
        if (!field) return std::nullopt;
        if (same_ignoring_case(field->name, "Content-Type")) part.content_type = field->value;
        if (!same_ignoring_case(field->name, "Content-Disposition")) continue;
        const auto name = parameter(field->value, "name");
        named = name.has_value();
        part.name = name.value_or("");
        part.filename = parameter(field->value, "filename");
        // RFC 7578 §4.2 forbids it, and clients send it alone; what it says matters to nobody here.
        if (!part.filename) part.filename = parameter(field->value, "filename*");
    }
    if (!named) return std::nullopt;
    part.content = text;
    return part;
}

/// Where the next delimiter line begins (its line end included when it is not the first line) and
/// ends.
struct Delimiter {
    std::size_t begin;
    std::size_t end;
    bool last;
};

std::optional<Delimiter> find_delimiter(std::string_view body, std::string_view dashes,
                                        std::size_t from) {
    for (std::size_t at = body.find(dashes, from); at != std::string_view::npos;
         at = body.find(dashes, at + 1)) {
        if (at != 0 && body[at - 1] != '\n') continue;
        const std::size_t newline = body.find('\n', at);
        std::string_view behind =
            body.substr(at + dashes.size(),
                        newline == std::string_view::npos ? newline : newline - at - dashes.size());
        const bool last = behind.starts_with("--");
        if (last) behind.remove_prefix(2);
        const bool only_space = behind.find_first_not_of(" \t\r") == std::string_view::npos;
        if (!only_space || (!last && newline == std::string_view::npos)) continue;
        std::size_t begin = at;
        if (begin > 0) --begin;
        if (begin > 0 && body[begin - 1] == '\r') --begin;
        return Delimiter{begin, newline == std::string_view::npos ? body.size() : newline + 1,
                         last};
    }
    return std::nullopt;
}

}  // namespace

std::optional<std::string> boundary_of(std::string_view content_type) {
    auto boundary = parameter(content_type, "boundary");
    // RFC 2046 §5.1.1: 1 to 70 characters.
    if (!boundary || boundary->empty() || boundary->size() > 70) return std::nullopt;
    return boundary;
}

std::optional<std::vector<Part>> parse_multipart(std::string_view body, std::string_view boundary) {
    const std::string dashes = "--" + std::string(boundary);
    std::vector<Part> parts;
    auto delimiter = find_delimiter(body, dashes, 0);
    while (delimiter && !delimiter->last) {
        const auto next = find_delimiter(body, dashes, delimiter->end);
        if (!next) return std::vector<Part>();
        if (parts.size() == kMostParts) return std::nullopt;
        // An empty part may share its line end with the delimiter behind it.
        const std::size_t size = next->begin > delimiter->end ? next->begin - delimiter->end : 0;
        auto part = parse_part(body.substr(delimiter->end, size));
        if (!part) return std::vector<Part>();
        parts.push_back(std::move(*part));
        delimiter = next;
    }
    if (!delimiter) parts.clear();
    return parts;
}

}  // namespace sni::http
