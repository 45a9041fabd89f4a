// What can be wrong with a JSON document that sni-lab itself should have written.
#pragma once

#include <string_view>

namespace sni {

enum class DocumentError {
    not_json,
    unknown_schema,
    missing_field,
    wrong_type,
    unknown_field,
    duplicate_key,
    bad_value
};
std::string_view to_string(DocumentError error);
/// For people: "it is no JSON".
std::string_view sentence(DocumentError error);

}  // namespace sni
