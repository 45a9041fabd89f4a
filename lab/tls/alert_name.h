// What every TLS alert is called, whoever sends it; those that we send ourselves are in alert.h.
#pragma once

#include <cstdint>
#include <string_view>

namespace sni::tls {

/// As IANA's registry of TLS alerts has it, old ones included; "unassigned" for a number that
/// nobody registered.
std::string_view alert_name(std::uint8_t alert);

}  // namespace sni::tls
