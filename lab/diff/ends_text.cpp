#include "lab/diff/ends_text.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "lab/core/encoding.h"
#include "lab/lookup/pods.h"

namespace sni::diff {

namespace {

/// Those that the other one does not have so; all where it has them, too.
manifest::Labels own_labels(const Backend& backend, const Backend& other) {
    manifest::Labels own = backend.selector;
    std::erase_if(own, [&](const auto& label) {
        const auto there = other.selector.find(label.first);
        return there != other.selector.end() && there->second == label.second;
    });
    return own.empty() ? backend.selector : own;
}

std::vector<std::string> differing(const Backend& backend, const Backend& other) {
    std::vector<std::string> parts;
    // Addresses have it beside them.
    if (backend.target_port && backend.target_port != other.target_port &&
        backend.addresses.empty())
        parts.push_back(fmt::format("target port {}", *backend.target_port));
    if (!backend.target_name.empty() && backend.target_name != other.target_name)
        parts.push_back("target port " + backend.target_name);
    if (!backend.selector.empty() && backend.selector != other.selector) {
        parts.push_back("pods " + lookup::labels_text(own_labels(backend, other)));
    } else if (!backend.workloads.empty() && backend.workloads != other.workloads) {
        parts.push_back(fmt::format("{}", fmt::join(backend.workloads, " and ")));
    }
    if (!backend.addresses.empty() && backend.addresses != other.addresses)
        parts.push_back(fmt::format("{}", fmt::join(backend.addresses, " and ")));
    return parts;
}

/// What tells a Service's pods from those that it leads to on the other side; else nothing.
std::string pods_of(const Backend& backend, const std::vector<End>& other_side) {
    for (const End& end : other_side) {
        for (const Backend& other : end.backends) {
            if (other.name != backend.name || other.port != backend.port) continue;
            if (have_same_pods(backend, other)) continue;
            const std::vector<std::string> parts = differing(backend, other);
            return parts.empty() ? std::string() : fmt::format(" ({})", fmt::join(parts, ", "));
        }
    }
    return {};
}

std::string text_of(const End& end, const std::vector<End>& other_side) {
    if (end.kind == End::Kind::terminated) return "ends at the gateway";
    if (end.kind == End::Kind::nowhere) return "nowhere";
    std::vector<std::string> parts;
    for (const Backend& backend : end.backends) {
        std::string part = backend.name;
        if (backend.port) part += fmt::format(":{}", *backend.port);
        if (!backend.subset.empty()) part += " subset " + backend.subset;
        part += pods_of(backend, other_side);
        if (end.backends.size() > 1) part += fmt::format(" x{}", backend.share);
        if (backend.proxy_header != 0)
            part += fmt::format(" (PROXY header v{})", backend.proxy_header);
        if (backend.closed) part += " (closed)";
        parts.push_back(std::move(part));
    }
    return fmt::format("{}", fmt::join(parts, ", "));
}

/// What `text` says of each, one "or" the other.
template <class Text>
std::string joined(const std::vector<End>& ends, const Text& text) {
    std::vector<std::string> parts;
    std::ranges::transform(ends, std::back_inserter(parts), text);
    return printable(fmt::format("{}", fmt::join(parts, " or ")));
}

/// "file:12", by what and why a backend is closed; or why there is no such place.
std::string place_of(const End& end) {
    if (!end.rule) return end.why;
    const std::string by = end.by.empty() ? std::string() : fmt::format(" by {}", end.by);
    const std::string why = end.why.empty() ? std::string() : fmt::format(" ({})", end.why);
    return fmt::format("{}:{}{}{}", end.place.file, end.place.line, by, why);
}

}  // namespace

std::string ends_text(const std::vector<End>& ends, const std::vector<End>& other_side) {
    return joined(ends, [&](const End& end) { return text_of(end, other_side); });
}

std::string places_text(const std::vector<End>& ends) {
    return joined(ends, place_of);
}

}  // namespace sni::diff
