// The vectors of lab/proof/FORMAT.md, made and judged.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace client_vectors_test {

/// The word of the verdict that the vector comes to, as verify and proof check judge it.
std::string verdict_of(const nlohmann::json& vector);

/// All of them anew, by an identity of their own, each with what verdict_of() says of it.
nlohmann::json make_vectors();

}  // namespace client_vectors_test
