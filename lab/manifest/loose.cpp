#include "lab/manifest/loose.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace sni::manifest::loose {

const yaml::Node* at(const yaml::Node& node, std::initializer_list<std::string_view> keys) {
    const yaml::Node* found = &node;
    for (const std::string_view key : keys) {
        found = found->find(key);
        if (!found) return nullptr;
    }
    return found;
}

Text text(const yaml::Node& node, std::string_view key, std::string_view otherwise) {
    const yaml::Node* found = node.find(key);
    if (!found || found->kind() != yaml::Kind::scalar || found->is_null())
        return {std::string(otherwise), node.at()};
    return {found->text(), found->at()};
}

std::optional<Number> number(const yaml::Node& node, std::string_view key) {
    const Text written = text(node, key);
    std::int64_t value = 0;
    const char* const end = written.value.data() + written.value.size();
    const auto read = std::from_chars(written.value.data(), end, value);
    if (written.value.empty() || read.ec != std::errc() || read.ptr != end) return std::nullopt;
    return Number{value, written.at};
}

std::vector<const yaml::Node*> items(const yaml::Node& node, std::string_view key) {
    std::vector<const yaml::Node*> all;
    const yaml::Node* found = node.find(key);
    if (!found || found->kind() != yaml::Kind::sequence) return all;
    for (const yaml::Node& item : found->items()) {
        all.push_back(&item);
    }
    return all;
}

std::vector<Text> texts(const yaml::Node& node, std::string_view key) {
    std::vector<Text> all;
    for (const yaml::Node* item : items(node, key)) {
        if (item->kind() == yaml::Kind::scalar) all.push_back({item->text(), item->at()});
    }
    return all;
}

bool is_true(std::string_view text) {
    constexpr std::array<std::string_view, 6> kTrue = {"1", "t", "T", "TRUE", "true", "True"};
    return std::ranges::find(kTrue, text) != kTrue.end();
}

}  // namespace sni::manifest::loose
