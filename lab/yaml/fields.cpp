#include "lab/yaml/fields.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

#include "lab/core/suggest.h"
#include "lab/yaml/codes.h"

namespace sni::yaml {

namespace {

constexpr std::array kBooleans = {"y",  "Y",  "yes",  "Yes",  "YES",  "n",     "N",     "no",
                                  "No", "NO", "true", "True", "TRUE", "false", "False", "FALSE",
                                  "on", "On", "ON",   "off",  "Off",  "OFF"};

bool is_digits(std::string_view text) {
    return !text.empty() &&
           std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || c == '_'; });
}

bool looks_numeric(std::string_view text) {
    if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
    if (text == ".inf" || text == ".nan" || text == ".Inf" || text == ".NaN") return true;
    if (text.empty() || !((text[0] >= '0' && text[0] <= '9') || text[0] == '.')) return false;
    if (text.starts_with("0x") || text.starts_with("0X") || text.starts_with("0o") ||
        text.starts_with("0b")) {
        return text.size() > 2 &&
               text.find_first_not_of("0123456789abcdefABCDEF_", 2) == std::string_view::npos;
    }
    const std::size_t dot = text.find('.');
    const std::size_t exponent = text.find_first_of("eE");
    const std::string_view mantissa = text.substr(0, exponent);
    if (exponent != std::string_view::npos) {
        std::string_view power = text.substr(exponent + 1);
        if (power.starts_with('-') || power.starts_with('+')) power.remove_prefix(1);
        if (!is_digits(power)) return false;
    }
    if (dot == std::string_view::npos || dot >= mantissa.size()) return is_digits(mantissa);
    const std::string_view whole = mantissa.substr(0, dot);
    const std::string_view part = mantissa.substr(dot + 1);
    return (whole.empty() || is_digits(whole)) && (part.empty() || is_digits(part)) &&
           whole.size() + part.size() > 0;
}

std::string_view word_for(ScalarType type) {
    if (type == ScalarType::boolean) return "boolean";
    return type == ScalarType::number ? "number" : "string";
}

/// "the string "443"", "a list": what stands there; no text of a scalar that is confidential.
std::string description(const yaml::Node& node, bool confidential) {
    switch (node.kind()) {
        case yaml::Kind::null:
            return "empty";
        case yaml::Kind::sequence:
            return "a list";
        case yaml::Kind::mapping:
            return "a mapping";
        case yaml::Kind::scalar:
            break;
    }
    const ScalarType type = scalar_type(node);
    if (confidential) return fmt::format("a {}", word_for(type));
    return fmt::format("the {} {}", word_for(type),
                       type == ScalarType::boolean ? node.text() : quote(node.text()));
}

template <class T>
bool fill(Located<T>& into, std::optional<Located<T>> read, Spot otherwise) {
    const bool found = read.has_value();
    if (found) into = std::move(*read);
    if (!found) into.at = otherwise;
    return found;
}

}  // namespace

std::string Path::text() const {
    if (!parent) return std::string(key);
    std::string all = parent->text();
    if (key.empty()) return fmt::format("{}[{}]", all, index);
    if (!all.empty()) all += '.';
    const std::string quoted = quote(key);
    return all += std::string_view(quoted).substr(1, quoted.size() - 2);
}

void Reading::error(std::string_view own_code, Spot at, std::string message, std::string why,
                    std::string hint) {
    flawed = true;
    findings.error(code.empty() ? own_code : code, at, std::move(message), std::move(why),
                   std::move(hint));
}

void Reading::warning(std::string_view own_code, Spot at, std::string message, std::string why,
                      std::string hint) {
    findings.add(Level::warning, own_code, at, std::move(message), std::move(why), std::move(hint));
}

void Reading::unsupported(Spot at, std::string message, std::string hint) {
    findings.error(code::kUnsupported, at, std::move(message), {}, std::move(hint));
}

ScalarType scalar_type(const yaml::Node& node) {
    if (node.quoted()) return ScalarType::text;
    if (std::ranges::find(kBooleans, node.text()) != kBooleans.end()) return ScalarType::boolean;
    return looks_numeric(node.text()) ? ScalarType::number : ScalarType::text;
}

Fields::Fields(Reading& in, const yaml::Node& node, Path path) : in_(in), node_(node), path_(path) {
    const bool fine = node.kind() == yaml::Kind::mapping || node.is_null();
    if (!fine) wrong_type(node, path_, "a mapping");
}

void Fields::done() {
    // The distance of two texts costs their product: nobody mistypes a page, or fifty fields.
    constexpr std::size_t kLongest = 64;
    int suggestions_left = 50;
    std::vector<std::string> known;
    for (const yaml::Entry& entry : node_.entries()) {
        const std::string& key = entry.key.value;
        if (std::ranges::find(known_, key) != known_.end()) continue;
        if (known.empty()) known.assign(known_.begin(), known_.end());
        std::string hint;
        if (key.size() <= kLongest && suggestions_left-- > 0) {
            if (const auto near = nearest(key, known)) {
                hint = fmt::format("did you mean {}?", *near);
            }
        }
        in_.findings.add(in_.unknown_level, in_.unknown_code, entry.key.at,
                         fmt::format("field {} is not understood", path_of(key)), {},
                         std::move(hint));
    }
}

const yaml::Node* Fields::raw(std::string_view key) {
    known_.push_back(key);
    return node_.find(key);
}

const yaml::Node* Fields::given(std::string_view key) {
    const yaml::Node* node = raw(key);
    if (!node || node->is_null()) return nullptr;
    switch (node->kind()) {
        case yaml::Kind::sequence:
            return node->items().empty() ? nullptr : node;
        case yaml::Kind::mapping:
            return node->entries().empty() ? nullptr : node;
        default:
            return node->text().empty() ? nullptr : node;
    }
}

void Fields::ignore(std::initializer_list<std::string_view> keys) {
    known_.insert(known_.end(), keys.begin(), keys.end());
}

std::string Fields::path_of(std::string_view key) const {
    return Path{.parent = &path_, .key = key}.text();
}

const yaml::Node* Fields::present(std::string_view key, Need need) {
    const yaml::Node* node = raw(key);
    if (node && !node->is_null()) return node;
    if (need == Need::required) {
        const bool empty = node != nullptr;
        in_.error(code::kMissing, empty ? node->at() : node_.at(),
                  fmt::format("{} is {}", path_of(key), empty ? "empty" : "missing"));
    }
    return nullptr;
}

void Fields::wrong_type(const yaml::Node& node, const Path& path, std::string_view wanted) {
    std::string hint;
    if (node.kind() == yaml::Kind::scalar) {
        const ScalarType type = scalar_type(node);
        if (wanted == "a string") {
            hint = in_.confidential ? "write it in quotes"
                                    : fmt::format("write it in quotes: {}", quote(node.text()));
        } else if (wanted == "a number" && node.quoted() && looks_numeric(node.text())) {
            hint = fmt::format("write {} without quotes", node.text());
        } else if (wanted == "a list" && type == ScalarType::text && !node.text().empty()) {
            hint = fmt::format("write - {} on a line of its own", quote(node.text()));
        }
    }
    const bool root = !path.parent && path.key.empty();
    in_.error(code::kType, node.at(),
              fmt::format("{} must be {}, not {}", root ? "a document" : path.text(), wanted,
                          description(node, in_.confidential)),
              {}, std::move(hint));
}

std::optional<Text> Fields::as_text(const yaml::Node& node, const Path& path) {
    const bool fine = node.kind() == yaml::Kind::scalar && scalar_type(node) == ScalarType::text;
    if (fine) return Text{node.text(), node.at()};
    wrong_type(node, path, "a string");
    return std::nullopt;
}

std::optional<Text> Fields::text(std::string_view key, Need need) {
    const yaml::Node* node = present(key, need);
    if (!node) return std::nullopt;
    auto text = as_text(*node, {.parent = &path_, .key = key});
    if (text && text->value.empty() && need == Need::required) {
        in_.error(code::kMissing, text->at, fmt::format("{} is empty", path_of(key)));
        return std::nullopt;
    }
    return text;
}

std::optional<Number> Fields::number(std::string_view key, Need need) {
    const yaml::Node* node = present(key, need);
    if (!node) return std::nullopt;
    const Path path{.parent = &path_, .key = key};
    if (node->kind() != yaml::Kind::scalar || scalar_type(*node) != ScalarType::number) {
        wrong_type(*node, path, "a number");
        return std::nullopt;
    }
    const std::string& text = node->text();
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool octal = text.size() > 1 && text[0] == '0';
    if (error != std::errc() || end != text.data() + text.size() || octal) {
        in_.error(
            code::kValue, node->at(),
            fmt::format("{} must be a whole number in decimal, not {}", path.text(), quote(text)));
        return std::nullopt;
    }
    return Number{value, node->at()};
}

std::optional<Number> Fields::port(std::string_view key, Need need) {
    return checked_port(key, number(key, need));
}

std::optional<Number> Fields::port_or_zero(std::string_view key) {
    const auto value = number(key);
    return value && value->value == 0 ? std::nullopt : checked_port(key, value);
}

std::optional<Number> Fields::checked_port(std::string_view key, std::optional<Number> value) {
    if (!value || (value->value >= 1 && value->value <= 65535)) return value;
    in_.error(code::kValue, value->at,
              fmt::format("{} is {}, but a port is a number from 1 to 65535", path_of(key),
                          value->value));
    return std::nullopt;
}

std::optional<bool> Fields::boolean(std::string_view key) {
    const yaml::Node* node = present(key, Need::optional);
    if (!node) return std::nullopt;
    const std::string_view text = node->text();
    const bool fine =
        node->kind() == yaml::Kind::scalar && scalar_type(*node) == ScalarType::boolean;
    if (!fine) {
        wrong_type(*node, {.parent = &path_, .key = key}, "true or false");
        return std::nullopt;
    }
    const char first = text.front();
    const bool on = text == "on" || text == "On" || text == "ON";
    return on || first == 't' || first == 'T' || first == 'y' || first == 'Y';
}

std::vector<Text> Fields::texts(std::string_view key, Need need) {
    std::vector<Text> all;
    const yaml::Node* node = present(key, need);
    if (!node) return all;
    const Path path{.parent = &path_, .key = key};
    if (node->kind() != yaml::Kind::sequence) {
        wrong_type(*node, path, "a list");
        return all;
    }
    for (std::size_t i = 0; i < node->items().size(); ++i) {
        const Path item{.parent = &path, .key = {}, .index = i};
        if (auto text = as_text(node->items()[i], item)) all.push_back(std::move(*text));
    }
    if (node->items().empty() && need == Need::required) {
        in_.error(code::kMissing, node->at(), fmt::format("{} is empty", path.text()));
    }
    return all;
}

Located<Labels> Fields::labels(std::string_view key, Need need) {
    const yaml::Node* node = node_.find(key);
    Located<Labels> labels{.value = {}, .at = node ? node->at() : node_.at()};
    for (auto& [name, text] : text_entries(key, need)) {
        labels.value.emplace(std::move(name), std::move(text.value));
    }
    return labels;
}

std::vector<std::pair<std::string, Text>> Fields::text_entries(std::string_view key, Need need) {
    std::vector<std::pair<std::string, Text>> texts;
    const yaml::Node* node = present(key, need);
    if (!node) return texts;
    const Path path{.parent = &path_, .key = key};
    if (node->kind() != yaml::Kind::mapping) {
        wrong_type(*node, path, "a mapping");
        return texts;
    }
    for (const yaml::Entry& entry : node->entries()) {
        const Path item{.parent = &path, .key = entry.key.value};
        // An empty value is an empty text, as kubectl reads it.
        if (entry.value.is_null()) {
            texts.emplace_back(entry.key.value, Text{{}, entry.value.at()});
        } else if (auto text = as_text(entry.value, item)) {
            texts.emplace_back(entry.key.value, std::move(*text));
        }
    }
    return texts;
}

bool Fields::object(std::string_view key, const std::function<void(Fields&)>& read, Need need) {
    const yaml::Node* node = present(key, need);
    if (!node) return false;
    Fields fields(in_, *node, {.parent = &path_, .key = key});
    if (node->kind() != yaml::Kind::mapping) return false;
    read(fields);
    fields.done();
    return true;
}

void Fields::objects(std::string_view key, const std::function<void(Fields&)>& read, Need need) {
    const yaml::Node* node = present(key, need);
    if (!node) return;
    const Path path{.parent = &path_, .key = key};
    if (node->kind() != yaml::Kind::sequence) return wrong_type(*node, path, "a list");
    for (std::size_t i = 0; i < node->items().size(); ++i) {
        const yaml::Node& item = node->items()[i];
        Fields fields(in_, item, {.parent = &path, .key = {}, .index = i});
        if (item.is_null()) wrong_type(item, fields.path(), "a mapping");
        if (item.kind() != yaml::Kind::mapping) continue;
        read(fields);
        fields.done();
    }
    if (node->items().empty() && need == Need::required) {
        in_.error(code::kMissing, node->at(), fmt::format("{} is empty", path.text()));
    }
}

bool Fields::operator()(std::string_view key, Text& into, Need need) {
    return fill(into, text(key, need), at());
}

bool Fields::operator()(std::string_view key, Number& into, Need need) {
    return fill(into, number(key, need), at());
}

bool Fields::port(std::string_view key, Number& into, Need need) {
    return fill(into, port(key, need), at());
}

bool Fields::operator()(std::string_view key, std::vector<Text>& into, Need need) {
    into = texts(key, need);
    return !into.empty();
}

bool Fields::operator()(std::string_view key, bool& into) {
    const auto read = boolean(key);
    into = read.value_or(into);
    return read.has_value();
}

}  // namespace sni::yaml
