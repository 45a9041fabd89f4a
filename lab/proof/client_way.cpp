#include "lab/proof/client_way.h"

#include <algorithm>

#include <fmt/format.h>

#include "lab/core/codes.h"
#include "lab/core/encoding.h"
#include "lab/proof/lines.h"

namespace sni::proof {

namespace {

constexpr std::string_view kHowToGoThere =
    "it must connect to {connect}: curl by --connect-to \"$SNI_LAB_CONNECT_TO\" or --resolve "
    "\"$SNI_LAB_RESOLVE\", Chromium by --host-resolver-rules=\"$SNI_LAB_HOST_RULES\"";

Line elsewhere(std::string text) {
    return against(Verdict::inconclusive, code::kOtherWay, "way", std::move(text),
                   std::string(kHowToGoThere));
}

std::string connections(std::size_t count) {
    return fmt::format("{} TLS connection{}", count, count == 1 ? "" : "s");
}

}  // namespace

const WitnessedSession* began_with(const ClientWay& way, const Statement& said) {
    if (said.hellos.empty()) return nullptr;
    const auto found = std::ranges::find_if(way.connections, [&](const WitnessedSession& session) {
        return session.hellos.front().sha256 == said.hellos.front().sha256;
    });
    return found == way.connections.end() ? nullptr : &*found;
}

std::optional<Line> way_line(const ClientRun& run, const Statement* proven) {
    if (!run.way && !proven) return std::nullopt;
    const std::size_t came = run.way ? run.way->connections.size() : 0;
    if (came == 0) {
        return elsewhere(fmt::format("{} made no TLS connection by the way to the gateway",
                                     printable(run.client)));
    }
    if (!proven) return std::nullopt;
    if (proven->hellos.empty()) {
        return against(Verdict::inconclusive, code::kNoHello, "way",
                       "the backend states no hello, so nobody can tell whether that session came "
                       "by the gateway",
                       "do backend and client have the same version?");
    }
    if (began_with(*run.way, *proven)) {
        return pass("way", fmt::format("that session's hello went by the gateway, {} in all",
                                       connections(came)));
    }
    return elsewhere(
        fmt::format("that session's hello {} did not go by the gateway: it is of none "
                    "of the {} that did",
                    brief(proven->hellos.front().sha256), connections(came)));
}

}  // namespace sni::proof
