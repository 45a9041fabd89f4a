// One JSON object, field by field, for the strict readers of this folder. For its .cpp files only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "lab/core/cert_facts.h"
#include "lab/core/encoding.h"
#include "lab/core/strict_json.h"
#include "lab/proof/statement.h"

namespace sni::proof {

inline StatementError statement_error(JsonError error) {
    return error == JsonError::duplicate_key ? StatementError::duplicate_key
                                             : StatementError::not_json;
}

/// Takes the fields of one JSON object, each exactly once; remembers the first thing that was
/// wrong, so that a decoder reads straight on and asks once, at the end.
class Fields {
  public:
    explicit Fields(const nlohmann::json& value) : object_(value) {
        if (!value.is_object()) fail(StatementError::wrong_type);
    }

    const nlohmann::json& field(const char* name) {
        static const nlohmann::json kNull;
        if (!object_.is_object()) return kNull;
        const auto found = object_.find(name);
        if (found == object_.end()) {
            fail(StatementError::missing_field);
            return kNull;
        }
        ++taken_;
        return *found;
    }

    std::string text(const char* name) { return text_of(field(name)); }

    std::optional<std::string> optional_text(const char* name) {
        const nlohmann::json& value = field(name);
        if (value.is_null()) return std::nullopt;
        return text_of(value);
    }

    bool flag(const char* name) {
        const nlohmann::json& value = field(name);
        if (!value.is_boolean()) fail(StatementError::wrong_type);
        return value.is_boolean() && value.get<bool>();
    }

    std::int64_t number(const char* name) {
        const nlohmann::json& value = field(name);
        if (!value.is_number_integer()) fail(StatementError::wrong_type);
        return value.is_number_integer() ? value.get<std::int64_t>() : 0;
    }

    std::uint64_t count(const char* name) {
        const nlohmann::json& value = field(name);
        if (!value.is_number_unsigned()) fail(StatementError::wrong_type);
        return value.is_number_unsigned() ? value.get<std::uint64_t>() : 0;
    }

    /// An integer of a field that was already taken.
    std::int64_t again(const char* name) {
        --taken_;
        return number(name);
    }

    Digest digest(const char* name) { return digest_of(field(name)); }

    std::optional<Digest> optional_digest(const char* name) {
        const nlohmann::json& value = field(name);
        if (value.is_null()) return std::nullopt;
        return digest_of(value);
    }

    void fail(StatementError error) {
        if (!error_) error_ = error;
    }

    bool ok() const { return !error_; }

    std::optional<StatementError> finish() {
        if (!error_ && taken_ != object_.size()) error_ = StatementError::unknown_field;
        return error_;
    }

  private:
    std::string text_of(const nlohmann::json& value) {
        if (!value.is_string()) fail(StatementError::wrong_type);
        return value.is_string() ? value.get<std::string>() : std::string();
    }

    Digest digest_of(const nlohmann::json& value) {
        if (!value.is_string()) {
            fail(StatementError::wrong_type);
            return {};
        }
        const auto digest = digest_from_hex(value.get<std::string>());
        if (!digest) fail(StatementError::bad_value);
        return digest.value_or(Digest{});
    }

    const nlohmann::json& object_;
    std::size_t taken_ = 0;
    std::optional<StatementError> error_;
};

}  // namespace sni::proof
