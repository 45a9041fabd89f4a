#include "lab/http/credentials.h"

#include <algorithm>
#include <string>

#include "lab/core/dns_name.h"
#include "lab/http/lines.h"
#include "lab/http/message.h"

namespace sni::http {

std::optional<Fields> parse_credentials(std::string_view header, std::string_view scheme) {
    if (!same_ignoring_case(header.substr(0, scheme.size()), scheme)) return std::nullopt;
    header.remove_prefix(scheme.size());
    if (!header.starts_with(' ')) return std::nullopt;
    Fields fields;
    while (true) {
        header.remove_prefix(std::min(header.find_first_not_of(", \t"), header.size()));
        if (header.empty()) return fields;
        const std::size_t equals = header.find('=');
        if (equals == std::string_view::npos) return std::nullopt;
        const std::string_view name = trim(header.substr(0, equals));
        header.remove_prefix(equals + 1);
        header.remove_prefix(std::min(header.find_first_not_of(" \t"), header.size()));
        std::string value;
        if (header.starts_with('"')) {
            std::size_t at = 1;
            for (; at < header.size() && header[at] != '"'; ++at) {
                if (header[at] == '\\' && at + 1 < header.size()) ++at;
                value += header[at];
            }
            if (at >= header.size()) return std::nullopt;
            header.remove_prefix(at + 1);
        } else {
            value = header.substr(0, header.find_first_of(", \t"));
            header.remove_prefix(value.size());
        }
        fields.emplace_back(to_lower_ascii(name), std::move(value));
    }
}

}  // namespace sni::http
