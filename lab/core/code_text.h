// What a code that any part prints is called, means, comes from and is mended by: a row of one of
// the codes.def files, where each stands beside its constant.
#pragma once

#include <string_view>

namespace sni {

struct CodeText {
    std::string_view id;     ///< SL2307, IST0101, X-DOUBLE-TLS
    std::string_view name;   ///< Istio's of an IST… code; of an SL… code the line that carries it
    std::string_view means;  ///< one sentence
    std::string_view happens;
    std::string_view mend;
};

}  // namespace sni
