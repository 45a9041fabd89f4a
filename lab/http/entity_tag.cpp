#include "lab/http/entity_tag.h"

#include <algorithm>

namespace sni::http {

namespace {

bool is_weak(std::string_view tag) {
    return tag.starts_with("W/") || tag.starts_with("w/");
}

std::string_view bare(std::string_view tag) {
    if (is_weak(tag)) tag.remove_prefix(2);
    if (tag.size() >= 2 && tag.front() == '"' && tag.back() == '"') {
        tag = tag.substr(1, tag.size() - 2);
    }
    return tag;
}

/// Takes one item off the front; a comma inside quotes belongs to it.
std::string_view take_item(std::string_view& list) {
    list.remove_prefix(std::min(list.find_first_not_of(", \t"), list.size()));
    bool quoted = false;
    std::size_t end = 0;
    while (end < list.size() && (quoted || (list[end] != ',' && list[end] != ' '))) {
        if (list[end] == '"') quoted = !quoted;
        ++end;
    }
    const std::string_view item = list.substr(0, end);
    list.remove_prefix(end);
    return item;
}

}  // namespace

bool names_tag(std::string_view header, std::string_view tag) {
    while (true) {
        const std::string_view item = take_item(header);
        if (item.empty()) return false;
        if (item == "*" || bare(item) == bare(tag)) return true;
    }
}

bool names_tag_strongly(std::string_view header, std::string_view tag) {
    while (true) {
        const std::string_view item = take_item(header);
        if (item.empty()) return false;
        if (item == "*" || (!is_weak(item) && !is_weak(tag) && bare(item) == bare(tag))) {
            return true;
        }
    }
}

}  // namespace sni::http
