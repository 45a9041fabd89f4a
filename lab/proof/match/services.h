// The service's side of a match: what its witnesses recorded, each connection for one of the
// clients' alone.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "lab/core/encoding.h"
#include "lab/proof/match/record.h"

namespace sni::proof {

/// Clocks of two machines may differ by so much.
inline constexpr std::chrono::minutes kClockSkew{1};

/// The connections of `records` but for those that one of them has already, whole and byte for
/// byte: where a witness stands behind another one, or a log is there twice, one is seen twice.
/// Without a ServerHello they are too much alike to tell. `each` gets them in their order; what
/// comes back is how many it did not get.
std::size_t each_once(std::span<const WitnessRecord> records,
                      const std::function<void(const Carried&)>& each);

/// A connection that nobody has claimed.
struct Stranger {
    const Carried* session = nullptr;  ///< nothing: there is none
    bool began_then = false;  ///< beside the one that it may stand for, and for that one alone
};

/// The records of the service's side, by hello and, of those that nobody has claimed, by name. They
/// outlive it.
class Services {
  public:
    explicit Services(std::span<const WitnessRecord> records);

    /// The session with the hello of `here` that is most like it, which nobody else gets. Where
    /// many began with one hello, its twin has the same ServerHello.
    const Carried* claim(const Carried& here);

    /// When every client's has been looked for.
    void index_strangers();
    /// One for the name of `here` that may be what became of it, each for as many as it may: a
    /// gateway puts several clients' requests on a connection that it has already. First those that
    /// began while `here` was open, or hardly before, and stand for nobody yet. Where no
    /// ServerHello came back there was no session, and so none that anybody could have read.
    Stranger take_stranger(const Carried& here);
    std::size_t strangers() const;

    /// `here` and `there` are one session, so that their times tell how far the clocks differ.
    void compare_clocks(const Carried& here, const Carried& there);
    /// Why a connection may be missing though it was there; empty: every record would have it, by
    /// clocks that differ by `skew`.
    std::string gap(const Carried& here, std::chrono::milliseconds skew) const;

  private:
    struct DigestHash {
        std::size_t operator()(const Digest& digest) const {
            return std::hash<std::string_view>()(as_text(digest));
        }
    };
    using Sessions = std::vector<const Carried*>;
    /// Of more than one with one hello.
    struct Many {
        Sessions few;
        std::unordered_map<Digest, Sessions, DigestHash> by_answer;  // when they are more

        void split();
    };
    /// Those with one hello: a client says it once, but whoever wants to may say it again.
    struct Group {
        const Carried* one = nullptr;
        std::unique_ptr<Many> many;  // in its place

        void enter(const Carried* session);
    };
    /// Those for one name.
    struct Strangers {
        std::multimap<Moment, const Carried*> free;  // that stand for nobody yet, by their begin
        Sessions all;                                // the same, and those that do
        Sessions last_to_end;                        // for each of `all`, of those up to it

        void index();
        const Carried* take_beside(const Carried& here);
        const Carried* take_open(const Carried& here);
    };

    std::span<const WitnessRecord> records_;
    /// For each of them, by how much its clock is ahead of the clients'; nothing: nobody knows.
    std::vector<std::optional<std::chrono::milliseconds>> ahead_;
    std::unordered_map<Digest, Group, DigestHash> by_hello_;
    std::map<std::string, Strangers, std::less<>> strangers_;
};

}  // namespace sni::proof
