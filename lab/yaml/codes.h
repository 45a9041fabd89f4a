// Every code that reading YAML into values can report, whatever the values are for. IST… codes are
// Istio's own, with Istio's meaning (pkg/config/analysis/msg/messages.yaml); X-… codes are ours. A
// code is never reused for something else.
#pragma once

#include <string_view>

namespace sni::yaml::code {

// The text is no YAML that can be read.
inline constexpr std::string_view kYamlEncoding = "X-YAML-ENCODING";    ///< no UTF-8, or NUL bytes
inline constexpr std::string_view kYamlSyntax = "X-YAML-SYNTAX";        ///< tabs, open quotes, …
inline constexpr std::string_view kYamlLimit = "X-YAML-LIMIT";          ///< too large, too deep
inline constexpr std::string_view kYamlDuplicate = "X-YAML-DUPLICATE";  ///< a key given twice
inline constexpr std::string_view kYamlKey = "X-YAML-KEY";              ///< a key that is no text
inline constexpr std::string_view kYamlAlias = "X-YAML-ALIAS";          ///< a cycle, or a bomb
inline constexpr std::string_view kYamlMerge = "X-YAML-MERGE";          ///< "<<"
inline constexpr std::string_view kYamlTag = "X-YAML-TAG";              ///< "!something"
inline constexpr std::string_view kYamlEmpty = "X-YAML-EMPTY";          ///< no document at all

// A document is not what its kind says. Istio's kinds use kSchema for all three.
inline constexpr std::string_view kType = "X-TYPE";            ///< "443" where 443 belongs
inline constexpr std::string_view kMissing = "X-MISSING";      ///< a required field is absent
inline constexpr std::string_view kValue = "X-VALUE";          ///< right type, impossible value
inline constexpr std::string_view kDuplicate = "X-DUPLICATE";  ///< one object, defined twice
inline constexpr std::string_view kUnknownField = "X-UNKNOWN-FIELD";  ///< in files of our own
inline constexpr std::string_view kSchema = "IST0106";
inline constexpr std::string_view kSchemaWarning = "IST0133";

/// A field, kind or mode that is not honoured: always an error, so that nothing is ignored in
/// silence; `--allow-unsupported` turns exactly these into warnings.
inline constexpr std::string_view kUnsupported = "X-UNSUPPORTED";

}  // namespace sni::yaml::code
