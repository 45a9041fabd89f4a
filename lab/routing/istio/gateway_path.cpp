#include "lab/routing/istio/gateway_path.h"

#include <fmt/format.h>

namespace sni::routing {

std::string gateway_path(std::string_view text, std::string_view own_namespace) {
    const std::size_t slash = text.find('/');
    if (slash != std::string_view::npos) {
        const std::string_view ns = text.substr(0, slash);
        return fmt::format("{}/{}", ns == "." ? own_namespace : ns, text.substr(slash + 1));
    }
    if (const std::size_t dot = text.find('.'); dot != std::string_view::npos) {
        const std::string_view rest = text.substr(dot + 1);
        return fmt::format("{}/{}", rest.substr(0, rest.find('.')), text.substr(0, dot));
    }
    return fmt::format("{}/{}", own_namespace, text);
}

}  // namespace sni::routing
