// JSON objects whose fields are named once, for writing and for reading. For .cpp files only.
//
// Beside a struct that travels stands a list of its fields:
//
//     template <>
//     struct JsonFields<GateRecord> {
//         static void visit(auto& field, auto& gate) {
//             field("port", gate.port);
//             field("endpoint", gate.endpoint);
//         }
//     };
//
// to_json(gate) visits it with a JsonWriter, read_document() with a JsonReader. What a value
// becomes is said by JsonCodec below: an optional without a value is null, a Digest is hex, times
// are a number of their units since 1970, durations milliseconds, an Endpoint is its text, an
// enumerator its word.
#pragma once

#include <array>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "lab/core/bytes.h"
#include "lab/core/document_error.h"
#include "lab/core/encoding.h"
#include "lab/core/endpoint.h"
#include "lab/core/result.h"
#include "lab/core/strict_json.h"

namespace sni {

/// Specialised for each struct that is an object: `visit(field, value)`, above.
template <class T>
struct JsonFields;

/// Specialised for each enum that is a word: `all`, its enumerators; to_string() has the words.
template <class T>
struct JsonWords;

/// How one value is written, and read again: `write` gives the JSON, `read` fills in the value and
/// returns what is wrong, if anything. Reading takes exactly what writing gives, and no more.
template <class T>
struct JsonCodec;

using DocumentTrouble = std::optional<DocumentError>;

template <class T>
nlohmann::json to_json(const T& value) {
    return JsonCodec<T>::write(value);
}

/// Writes what it visits into `object`.
class JsonWriter {
  public:
    template <class T>
    void operator()(const char* name, const T& value) {
        object[name] = to_json(value);
    }
    /// Any bytes at all, a peer's for instance, as base64.
    void bytes(const char* name, const std::string& value) {
        object[name] = to_base64(as_bytes(value));
    }
    void bytes(const char* name, const std::vector<std::byte>& value) {
        object[name] = to_base64(value);
    }
    void bytes(const char* name, const std::optional<std::string>& value) {
        object[name] = value ? nlohmann::json(to_base64(as_bytes(*value))) : nlohmann::json();
    }
    /// As an optional, with `none` in the place of null.
    template <class T>
    void or_word(const char* name, const std::optional<T>& value, std::string_view none) {
        object[name] = value ? to_json(*value) : nlohmann::json(none);
    }
    /// Left out where there is nothing: a field that older documents do not have.
    template <class T>
    void if_any(const char* name, const std::optional<T>& value) {
        if (value) object[name] = to_json(*value);
    }
    void bytes_if_any(const char* name, const std::optional<std::string>& value) {
        if (value) bytes(name, *value);
    }
    /// An object of its own that is no struct of its own.
    template <class Visit>
    void within(const char* name, const Visit& visit) {
        JsonWriter inner;
        visit(inner);
        object[name] = std::move(inner.object);
    }

    nlohmann::json object = nlohmann::json::object();
};

/// Reads what it visits out of one object, each field exactly once. Remembers the first thing that
/// was wrong, so that a visit goes straight on and is asked once, at its end. `value` outlives it.
class JsonReader {
  public:
    explicit JsonReader(const nlohmann::json& value) : object_(value) {
        if (!value.is_object()) fail(DocumentError::wrong_type);
    }

    template <class T>
    void operator()(const char* name, T& value) {
        if (const auto* json = take(name)) fail(JsonCodec<T>::read(*json, value));
    }
    void bytes(const char* name, std::string& value) {
        std::vector<std::byte> read;
        bytes(name, read);
        value = as_text(read);
    }
    void bytes(const char* name, std::vector<std::byte>& value) {
        const auto* json = take(name);
        if (!json) return;
        if (!json->is_string()) return fail(DocumentError::wrong_type);
        auto read = from_base64(json->get_ref<const std::string&>());
        if (!read) return fail(DocumentError::bad_value);
        value = std::move(*read);
    }
    void bytes(const char* name, std::optional<std::string>& value) {
        const auto* json = peek(name);
        if (json && json->is_null()) {
            ++taken_;
            value.reset();
        } else {
            bytes(name, value.emplace());
        }
    }
    template <class T>
    void or_word(const char* name, std::optional<T>& value, std::string_view none) {
        const auto* json = peek(name);
        if (json && *json == none) {
            ++taken_;
            value.reset();
        } else {
            (*this)(name, value.emplace());
        }
    }
    template <class T>
    void if_any(const char* name, std::optional<T>& value) {
        value.reset();
        if (peek(name)) (*this)(name, value.emplace());
    }
    void bytes_if_any(const char* name, std::optional<std::string>& value) {
        value.reset();
        if (peek(name)) bytes(name, value.emplace());
    }
    template <class Visit>
    void within(const char* name, const Visit& visit) {
        const auto* json = take(name);
        if (!json) return;
        JsonReader inner(*json);
        visit(inner);
        fail(inner.finish());
    }

    /// The first thing that was wrong; a field that nobody visited is.
    DocumentTrouble finish() {
        if (!trouble_ && taken_ != object_.size()) trouble_ = DocumentError::unknown_field;
        return trouble_;
    }

  private:
    const nlohmann::json* peek(const char* name) const {
        if (!object_.is_object()) return nullptr;
        const auto found = object_.find(name);
        return found == object_.end() ? nullptr : &*found;
    }
    const nlohmann::json* take(const char* name) {
        const auto* found = peek(name);
        if (found) {
            ++taken_;
        } else {
            fail(DocumentError::missing_field);
        }
        return found;
    }
    void fail(DocumentTrouble trouble) {
        if (!trouble_) trouble_ = trouble;
    }

    const nlohmann::json& object_;
    std::size_t taken_ = 0;
    DocumentTrouble trouble_;
};

template <class T>
    requires requires { &JsonFields<T>::template visit<JsonWriter, const T>; }
struct JsonCodec<T> {
    static nlohmann::json write(const T& value) {
        JsonWriter writer;
        JsonFields<T>::visit(writer, value);
        return std::move(writer.object);
    }
    static DocumentTrouble read(const nlohmann::json& json, T& value) {
        JsonReader reader(json);
        JsonFields<T>::visit(reader, value);
        return reader.finish();
    }
};

template <class T>
    requires requires { JsonWords<T>::all; }
struct JsonCodec<T> {
    static nlohmann::json write(T value) { return to_string(value); }
    static DocumentTrouble read(const nlohmann::json& json, T& value) {
        if (!json.is_string()) return DocumentError::wrong_type;
        for (const T word : JsonWords<T>::all) {
            if (json != to_string(word)) continue;
            value = word;
            return {};
        }
        return DocumentError::bad_value;
    }
};

template <>
struct JsonCodec<bool> {
    static nlohmann::json write(bool value) { return value; }
    static DocumentTrouble read(const nlohmann::json& json, bool& value) {
        if (!json.is_boolean()) return DocumentError::wrong_type;
        value = json.get<bool>();
        return {};
    }
};

template <std::integral T>
    requires(!std::same_as<T, bool>)
struct JsonCodec<T> {
    static nlohmann::json write(T value) { return value; }
    static DocumentTrouble read(const nlohmann::json& json, T& value) {
        // Numbers below zero alone are no unsigned ones.
        if (!json.is_number_integer()) return DocumentError::wrong_type;
        if (json.is_number_unsigned()) return take(json.get<std::uint64_t>(), value);
        if constexpr (std::unsigned_integral<T>) return DocumentError::wrong_type;
        return take(json.get<std::int64_t>(), value);
    }

  private:
    static DocumentTrouble take(auto number, T& value) {
        if (!std::in_range<T>(number)) return DocumentError::bad_value;
        value = static_cast<T>(number);
        return {};
    }
};

template <>
struct JsonCodec<std::string> {
    static nlohmann::json write(const std::string& value) { return value; }
    static DocumentTrouble read(const nlohmann::json& json, std::string& value) {
        if (!json.is_string()) return DocumentError::wrong_type;
        value = json.get_ref<const std::string&>();
        return {};
    }
};

template <>
struct JsonCodec<Digest> {
    static nlohmann::json write(const Digest& value) { return to_hex(value); }
    static DocumentTrouble read(const nlohmann::json& json, Digest& value) {
        if (!json.is_string()) return DocumentError::wrong_type;
        const auto digest = digest_from_hex(json.get_ref<const std::string&>());
        if (!digest) return DocumentError::bad_value;
        value = *digest;
        return {};
    }
};

template <>
struct JsonCodec<Endpoint> {
    static nlohmann::json write(const Endpoint& value) { return to_string(value); }
    static DocumentTrouble read(const nlohmann::json& json, Endpoint& value) {
        if (!json.is_string()) return DocumentError::wrong_type;
        auto endpoint = parse_endpoint(json.get_ref<const std::string&>());
        if (!endpoint) return DocumentError::bad_value;
        value = std::move(*endpoint);
        return {};
    }
};

template <>
struct JsonCodec<std::chrono::milliseconds> {
    static nlohmann::json write(std::chrono::milliseconds value) { return value.count(); }
    static DocumentTrouble read(const nlohmann::json& json, std::chrono::milliseconds& value) {
        constexpr std::int64_t kLongest = 1'000'000'000'000;  // thirty years, so that sums hold
        std::int64_t count = 0;
        const auto trouble = JsonCodec<std::int64_t>::read(json, count);
        if (!trouble && (count < -kLongest || count > kLongest)) return DocumentError::bad_value;
        value = std::chrono::milliseconds(count);
        return trouble;
    }
};

template <class Duration>
struct JsonCodec<std::chrono::sys_time<Duration>> {
    using Time = std::chrono::sys_time<Duration>;
    static nlohmann::json write(Time value) { return value.time_since_epoch().count(); }
    static DocumentTrouble read(const nlohmann::json& json, Time& value) {
        // From year 1 to 9999: what can be written as a date.
        constexpr std::chrono::seconds kFirst(-62'135'596'800);
        constexpr std::chrono::seconds kLast(253'402'300'799);
        std::int64_t count = 0;
        const auto trouble = JsonCodec<std::int64_t>::read(json, count);
        const auto whole = std::chrono::floor<std::chrono::seconds>(Duration(count));
        if (!trouble && (whole < kFirst || whole > kLast)) return DocumentError::bad_value;
        value = Time(Duration(count));
        return trouble;
    }
};

template <class T>
struct JsonCodec<std::optional<T>> {
    static nlohmann::json write(const std::optional<T>& value) {
        return value ? to_json(*value) : nlohmann::json();
    }
    static DocumentTrouble read(const nlohmann::json& json, std::optional<T>& value) {
        value.reset();
        if (json.is_null()) return {};
        return JsonCodec<T>::read(json, value.emplace());
    }
};

template <class T>
struct JsonCodec<std::vector<T>> {
    static nlohmann::json write(const std::vector<T>& value) {
        nlohmann::json list = nlohmann::json::array();
        for (const T& item : value) {
            list.push_back(to_json(item));
        }
        return list;
    }
    static DocumentTrouble read(const nlohmann::json& json, std::vector<T>& value) {
        value.clear();
        if (!json.is_array()) return DocumentError::wrong_type;
        for (const nlohmann::json& item : json) {
            if (const auto trouble = JsonCodec<T>::read(item, value.emplace_back())) return trouble;
        }
        return {};
    }
};

/// The fields of `value` and, among them, "schema".
template <class T>
nlohmann::json write_document(const T& value, std::string_view schema) {
    nlohmann::json document = to_json(value);
    document["schema"] = schema;
    return document;
}

/// What write_document() gave, strictly: no field more or less, none twice, nothing behind it.
template <class T>
Result<T, DocumentError> read_document(std::string_view text, std::string_view schema) {
    auto parsed = parse_strict_json(text);
    if (!parsed) return std::unexpected(parsed.error());
    if (!parsed->is_object()) return std::unexpected(DocumentError::wrong_type);
    const auto found = parsed->find("schema");
    if (found == parsed->end()) return std::unexpected(DocumentError::missing_field);
    if (!found->is_string()) return std::unexpected(DocumentError::wrong_type);
    if (*found != schema) return std::unexpected(DocumentError::unknown_schema);
    parsed->erase(found);
    T value;
    if (const auto trouble = JsonCodec<T>::read(*parsed, value)) return std::unexpected(*trouble);
    return value;
}

}  // namespace sni
