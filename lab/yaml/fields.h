// Reads the fields of one mapping with their types. What is missing, of the wrong type, or not
// understood becomes a diagnostic; the reader that uses it only says which fields there are.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lab/yaml/codes.h"
#include "lab/yaml/yaml.h"

namespace sni::yaml {

/// The way from a document's root to a value, put into words only when a message needs it. The root
/// has neither parent nor key, an element of a list has no key.
struct Path {
    const Path* parent = nullptr;
    std::string_view key;
    std::size_t index = 0;
    std::string text() const;
};

/// What reading one document needs. `code` is what mistakes in it are called, for the kinds that
/// do not tell them apart.
struct Reading {
    Findings& findings;
    std::string_view code;  ///< empty: X-TYPE, X-MISSING, X-VALUE
    std::string_view unknown_code = code::kUnsupported;
    Level unknown_level = Level::error;
    bool flawed = false;
    bool confidential = false;  ///< no message shows the values that it reads

    void error(std::string_view own_code, Spot at, std::string message, std::string why = {},
               std::string hint = {});
    void warning(std::string_view code, Spot at, std::string message, std::string why = {},
                 std::string hint = {});
    void unsupported(Spot at, std::string message, std::string hint = {});
};

enum class Need { optional, required };

/// The type of a plain scalar as kubectl's reader sees it (YAML 1.1: "on" and "y" are booleans).
enum class ScalarType { text, boolean, number };
ScalarType scalar_type(const yaml::Node& node);

class Fields {
  public:
    /// `node` must outlive it. Not a mapping: reported, and every field is absent. Null is an
    /// empty mapping, as it is for the API server.
    Fields(Reading& in, const yaml::Node& node, Path path = {});
    /// Reports what no call asked for.
    void done();

    Reading& in() const { return in_; }
    Spot at() const { return node_.at(); }
    const Path& path() const { return path_; }

    /// The value as it is, null included; nullptr when the field is absent.
    const yaml::Node* raw(std::string_view key);
    /// The same, and nullptr also where it is empty: null, "", [] or {}. Istio, whose objects are
    /// messages of protobuf, takes that for absent, and charts like to write it.
    const yaml::Node* given(std::string_view key);
    /// Fields that may stand there and change nothing here.
    void ignore(std::initializer_list<std::string_view> keys);
    bool has(std::string_view key) const { return node_.find(key) != nullptr; }

    std::optional<Text> text(std::string_view key, Need need = Need::optional);
    std::optional<Number> number(std::string_view key, Need need = Need::optional);
    /// Between 1 and 65535, or reported and absent.
    std::optional<Number> port(std::string_view key, Need need = Need::optional);
    /// The same, and 0 is absent.
    std::optional<Number> port_or_zero(std::string_view key);
    std::optional<bool> boolean(std::string_view key);
    std::vector<Text> texts(std::string_view key, Need need = Need::optional);
    Located<Labels> labels(std::string_view key, Need need = Need::optional);
    /// The same with the spot of every value, in the order of the file.
    std::vector<std::pair<std::string, Text>> text_entries(std::string_view key,
                                                           Need need = Need::optional);
    /// `read` gets the fields of the mapping at `key`, and done() is called behind it.
    bool object(std::string_view key, const std::function<void(Fields&)>& read,
                Need need = Need::optional);
    /// The same for every mapping in the list at `key`.
    void objects(std::string_view key, const std::function<void(Fields&)>& read,
                 Need need = Need::optional);

    // Into a member, which says by its type what the field is. True: the field is there, and right;
    // else the member keeps its value, and the place of a text or a number is the mapping's.
    bool operator()(std::string_view key, Text& into, Need need = Need::optional);
    bool operator()(std::string_view key, Number& into, Need need = Need::optional);
    bool operator()(std::string_view key, std::vector<Text>& into, Need need = Need::optional);
    bool operator()(std::string_view key, bool& into);
    bool port(std::string_view key, Number& into, Need need = Need::optional);
    /// A list of mappings: `read(fields, item)` fills each item in, whose `at` is set if it has
    /// one; where it returns false, the item is left out.
    template <class T, class Read>
    void operator()(std::string_view key, std::vector<T>& into, const Read& read,
                    Need need = Need::optional) {
        const auto take = [&](Fields& fields) {
            T item;
            if constexpr (requires { item.at = fields.at(); }) item.at = fields.at();
            if constexpr (requires { bool(read(fields, item)); }) {
                if (!read(fields, item)) return;
            } else {
                read(fields, item);
            }
            into.push_back(std::move(item));
        };
        objects(key, take, need);
    }

    std::string path_of(std::string_view key) const;

  private:
    const yaml::Node* present(std::string_view key, Need need);
    std::optional<Number> checked_port(std::string_view key, std::optional<Number> value);
    std::optional<Text> as_text(const yaml::Node& node, const Path& path);
    void wrong_type(const yaml::Node& node, const Path& path, std::string_view wanted);

    Reading& in_;
    const yaml::Node& node_;
    Path path_;
    std::vector<std::string_view> known_;
};

}  // namespace sni::yaml
