// How a gateway that ends TLS may lie about the proof, as lab.yaml asks for it. gateways/cheat does
// them.
#pragma once

#include <array>
#include <string_view>
#include <utility>

namespace sni::scenario {

/// What it does to the answer, when it sees a request for the proof. It knows this tool, and mimics
/// the client's version and ALPN.
enum class Forgery {
    none,
    rewrite,           ///< writes its own session's values into the backend's statement
    resign,            ///< the same, signed with a key of its own
    replay,            ///< a genuine statement that it got earlier
    swap_nonce,        ///< asks the backend with another nonce
    other_connection,  ///< asks the backend with the right nonce, on a connection of its own
    drop,              ///< closes instead of answering
    truncate,          ///< sends the first half of the answer's body
};

/// As lab.yaml spells those that it may ask for.
inline constexpr std::array<std::pair<std::string_view, Forgery>, 7> kForgeries = {{
    {"rewrite", Forgery::rewrite},
    {"resign", Forgery::resign},
    {"replay", Forgery::replay},
    {"swap_nonce", Forgery::swap_nonce},
    {"other_connection", Forgery::other_connection},
    {"drop", Forgery::drop},
    {"truncate", Forgery::truncate},
}};

/// "none" for none.
constexpr std::string_view to_string(Forgery forgery) {
    for (const auto& [word, known] : kForgeries) {
        if (known == forgery) return word;
    }
    return "none";
}

}  // namespace sni::scenario
