#include "lab/proof/canary.h"

namespace sni::proof {

std::string_view to_string(CanaryKind kind) {
    return kind == CanaryKind::alpn ? "alpn" : "client_certificate";
}

}  // namespace sni::proof
