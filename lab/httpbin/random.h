// Random data for clients: unpredictable, or repeatable exactly as Python's random.Random repeats
// it, since users pin httpbin's seeded bytes.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace sni::httpbin {

std::string random_bytes(std::size_t count);
/// In [0, 1).
double random_fraction();
/// Version 4, lower case (RFC 9562 §5.4).
std::string random_uuid();

/// `seed` is a decimal integer of any sign and up to 1000 digits; nothing when it is none.
std::optional<std::string> seeded_bytes(std::string_view seed, std::size_t count);

}  // namespace sni::httpbin
