// Every shape of ClientHello that a gateway is asked with. Pure: the same name and seed make the
// same bytes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lab/torture/shape.h"

namespace sni::torture {

inline constexpr std::uint64_t kSeed = 1;

/// All of them, in the order of their groups. `sni` is a host name in lower case, the one that the
/// gateway sends to the target; `seed` fills what is random in a hello.
std::vector<Shape> all_shapes(const std::string& sni, std::uint64_t seed = kSeed);

/// What an ordinary client sends: what anybody's gateway must pass before anything else means
/// something.
Shape ordinary_shape(const std::string& sni, std::uint64_t seed = kSeed);

}  // namespace sni::torture
