#include "lab/http/accept.h"

#include <algorithm>

#include "lab/http/lines.h"
#include "lab/http/message.h"
#include "lab/http/number.h"

namespace sni::http {

namespace {

/// Takes what stands in front of the next `separator`, and that, off the front.
std::string_view take(std::string_view& rest, char separator) {
    const std::size_t end = std::min(rest.find(separator), rest.size());
    const std::string_view item = trim(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return item;
}

Acceptance::By covers(std::string_view range, std::string_view type) {
    using enum Acceptance::By;
    if (same_ignoring_case(range, type)) return name;
    if (range == "*/*") return anything;
    const std::size_t slash = type.find('/');
    const bool of_its_kind =
        range.ends_with("/*") &&
        same_ignoring_case(range.substr(0, range.size() - 2), type.substr(0, slash));
    return of_its_kind ? kind : none;
}

double weight_of(std::string_view parameters) {
    while (!parameters.empty()) {
        const std::string_view one = take(parameters, ';');
        if (!same_ignoring_case(one.substr(0, 2), "q=")) continue;
        const double weight = parse_float(one.substr(2)).value_or(0);
        return weight > 0 ? std::min(weight, 1.0) : 0;
    }
    return 1;
}

}  // namespace

Acceptance acceptance(std::string_view accept, std::string_view type) {
    Acceptance closest;
    while (!accept.empty()) {
        std::string_view item = take(accept, ',');
        const Acceptance::By by = covers(take(item, ';'), type);
        if (by > closest.by) closest = {.by = by, .weight = weight_of(item)};
    }
    return closest;
}

}  // namespace sni::http
