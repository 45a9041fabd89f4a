// The order in which Istio takes up objects of one kind.
#pragma once

#include <algorithm>
#include <string_view>
#include <tuple>
#include <vector>

namespace sni::lookup {

/// Older first, then by name, then by namespace; what has no time was made just now.
template <class Object>
std::vector<const Object*> by_age(const std::vector<Object>& objects) {
    std::vector<const Object*> sorted;
    sorted.reserve(objects.size());
    for (const Object& object : objects) {
        sorted.push_back(&object);
    }
    std::ranges::stable_sort(sorted, {}, [](const Object* o) {
        return std::tuple(o->meta.created.empty(), std::string_view(o->meta.created),
                          std::string_view(o->meta.name.value), std::string_view(o->meta.ns.value));
    });
    return sorted;
}

}  // namespace sni::lookup
