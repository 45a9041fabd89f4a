#include "lab/proof/match/fate.h"

#include <algorithm>

#include <fmt/format.h>

namespace sni::proof {

namespace {

struct FateRow {
    Fate fate;
    std::string_view word;
    Verdict verdict;
};
constexpr FateRow kFates[] = {
    {Fate::passed, "passed", Verdict::proven},
    {Fate::readable, "readable", Verdict::readable},
    {Fate::cut, "cut", Verdict::proven},
    {Fate::altered, "altered", Verdict::altered},
    {Fate::reencrypted, "re-encrypted", Verdict::terminated},
    {Fate::elsewhere, "routed elsewhere", Verdict::not_routed},
    {Fate::incomplete, "not complete", Verdict::inconclusive},
};

const FateRow& row_of(Fate fate) {
    return *std::ranges::find(kFates, fate, &FateRow::fate);
}

/// How one direction looks at two places.
enum class Alike {
    whole,
    begins,   ///< all that the shorter one has is the begin of the other
    unknown,  ///< behind the first bytes nobody knows
    differs
};
struct Compared {
    Alike alike;
    std::uint64_t same = 0;  ///< so many bytes are, the first ones
};

/// `ended`: nothing more left. A cut takes bytes away and adds none.
Compared compare(const WitnessedStream& left, const WitnessedStream& arrived, bool ended) {
    const std::uint64_t shorter = std::min(left.all.bytes, arrived.all.bytes);
    if (left.all.bytes == arrived.all.bytes)
        return left.all == arrived.all ? Compared{Alike::whole, shorter} : Compared{Alike::differs};
    if (ended && arrived.all.bytes > left.all.bytes) return {Alike::differs};
    const std::size_t common = std::min(left.checkpoints.size(), arrived.checkpoints.size());
    if (common > 0 && left.checkpoints[common - 1] != arrived.checkpoints[common - 1])
        return {Alike::differs};
    constexpr std::size_t kMost = 53;  // whatever a record says it has
    const std::uint64_t same =
        common == 0 ? 0 : WitnessedStream::kFirstCheckpoint << std::min(common - 1, kMost);
    return {same == shorter ? Alike::begins : Alike::unknown, same};
}

}  // namespace

std::string_view to_string(Fate fate) {
    return row_of(fate).word;
}

Verdict verdict_of(Fate fate) {
    return row_of(fate).verdict;
}

namespace {

/// The key share of `there`, the service's, gives its keys, and nothing else does: no older
/// session's secret, and no ticket has them.
bool is_keyed_by_share(const Carried& there) {
    return there.server && there.readable.empty() && !unknown_because(there.server) &&
           !there.server->group.empty();
}

/// The client reset, was the first to finish, or answered no more: and nothing had come back.
bool is_given_up(const WitnessedSession& session) {
    const bool gone = session.client_end == "timed_out" && session.service_end == "cut";
    return session.down.all.bytes == 0 &&
           (gone || session.client_end == "reset" || session.client_end == kLeft);
}

}  // namespace

Carried carried(WitnessedSession session) {
    std::string readable = readable_because(session).value_or("");
    const bool given_up = is_given_up(session);
    return {.sni = session.sni.value_or(""),
            .ja4 = std::move(session.ja4),
            .peer = session.proxy_source.value_or(session.peer),
            .began = session.began,
            .ended = session.ended,
            .hello = session.hellos.empty() ? Digest{} : session.hellos.front().sha256,
            .server = std::move(session.server),
            .before_tls = session.up_before_tls + session.down_before_tls,
            .up = std::move(session.up),
            .down = std::move(session.down),
            .readable = std::move(readable),
            .given_up = given_up};
}

std::pair<Fate, std::string> fate_of(const Carried& here, const Carried& there) {
    const auto [up, same_up] = compare(here.up, there.up, here.ended.has_value());
    const auto [down, same_down] = compare(there.down, here.down, there.ended.has_value());
    const bool both = here.server && there.server;
    if (both && here.server->hello_sha256 != there.server->hello_sha256)
        return {Fate::reencrypted, "its hello arrived, and another answer to it came back"};
    if (here.before_tls != there.before_tls) {
        return {Fate::incomplete,
                fmt::format("{} bytes precede TLS here and {} there, as of a PROXY header that a "
                            "witness was not told of (--accept-proxy)",
                            here.before_tls, there.before_tls)};
    }
    const bool one = made_one_session(
        there.server, here.server ? std::optional(here.server->hello_sha256) : std::nullopt);
    const bool differs = up == Alike::differs || down == Alike::differs;
    if (differs && here.before_tls > 0) {
        return {
            Fate::incomplete,
            fmt::format("other bytes arrived, and the {} that precede TLS at both places may be "
                        "those, as of a PROXY header that a witness was not told of "
                        "(--accept-proxy)",
                        here.before_tls)};
    }
    if (differs) {
        const char* way = up == Alike::differs ? "to the service" : "to the client";
        if (one) return {Fate::altered, fmt::format("other bytes arrived on the way {}", way)};
        return {Fate::reencrypted,
                fmt::format("its hello arrived, and other bytes behind it on the way {}", way)};
    }
    if (up == Alike::whole && down == Alike::whole) {
        if (!here.readable.empty()) return {Fate::readable, here.readable};
        if (auto unknown = unknown_because(here.server))
            return {Fate::incomplete, *std::move(unknown)};
        return {Fate::passed, ""};
    }
    const std::string known = fmt::format(
        "the first {} bytes up and {} down are the same, of {} and {} here and {} and {} there",
        same_up, same_down, here.up.all.bytes, here.down.all.bytes, there.up.all.bytes,
        there.down.all.bytes);
    if (one && !here.readable.empty()) return {Fate::readable, here.readable};
    if (auto unknown = one ? unknown_because(here.server) : std::nullopt)
        return {Fate::incomplete, *std::move(unknown)};
    // Both hellos are the same, so the keys are those of the two ends alone, and nobody in between
    // reads what came before the cut, compared or not. Below TLS 1.3 who has the service's key can
    // pass on the start of a handshake and end it himself, and a checkpoint may lie in that start.
    // But he cannot where all that the service said came to the client, its key share among it; nor
    // where all that the client said came to the service, which took its Finished: that answers the
    // very share.
    const bool one_way_whole = up == Alike::whole || down == Alike::whole;
    if (one || (one_way_whole && is_keyed_by_share(there)))
        return {Fate::cut, "nobody else has its keys; " + known};
    return {Fate::incomplete, "too little of it can be compared: " + known};
}

}  // namespace sni::proof
