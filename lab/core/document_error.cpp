#include "lab/core/document_error.h"

namespace sni {

std::string_view to_string(DocumentError error) {
    switch (error) {
        case DocumentError::not_json:
            return "not_json";
        case DocumentError::unknown_schema:
            return "unknown_schema";
        case DocumentError::missing_field:
            return "missing_field";
        case DocumentError::wrong_type:
            return "wrong_type";
        case DocumentError::unknown_field:
            return "unknown_field";
        case DocumentError::duplicate_key:
            return "duplicate_key";
        case DocumentError::bad_value:
            break;
    }
    return "bad_value";
}

std::string_view sentence(DocumentError error) {
    switch (error) {
        case DocumentError::not_json:
        case DocumentError::duplicate_key:
            return "it is no JSON";
        case DocumentError::unknown_schema:
            return "another version of sni-lab wrote it";
        case DocumentError::bad_value:
            return "a field says what sni-lab never writes";
        case DocumentError::missing_field:
        case DocumentError::unknown_field:
        case DocumentError::wrong_type:
            break;
    }
    return "a field is missing, unknown or of another type";
}

}  // namespace sni
