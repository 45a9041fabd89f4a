#include "lab/proof/match/twin.h"

#include <algorithm>
#include <string_view>
#include <tuple>
#include <unordered_set>

#include "lab/core/bytes.h"

namespace sni::proof {

namespace {

struct AcceptedHash {
    std::size_t operator()(const Carried* one) const {
        return std::hash<std::string_view>()(as_text(one->hello)) * 31 +
               std::hash<std::string_view>()(one->peer);
    }
};
struct AcceptedAlike {
    static auto key(const Carried& one) { return std::tie(one.hello, one.peer, one.began); }
    bool operator()(const Carried* one, const Carried* other) const {
        return key(*one) == key(*other);
    }
};

}  // namespace

bool is_twin(const WitnessRecord& one, const WitnessRecord& other) {
    const bool one_run = std::ranges::any_of(
        one.runs, [&](const WitnessRun& run) { return std::ranges::count(other.runs, run) > 0; });
    if (!one_run) return false;
    std::unordered_set<const Carried*, AcceptedHash, AcceptedAlike> accepted;
    for (const Carried& session : one.sessions) {
        accepted.insert(&session);
    }
    return std::ranges::any_of(other.sessions,
                               [&](const Carried& session) { return accepted.contains(&session); });
}

}  // namespace sni::proof
