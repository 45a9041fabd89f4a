// The asking itself: which gateway, where its two ends are, and what was found.
#include <algorithm>
#include <memory>
#include <optional>
#include <ostream>
#include <utility>

#include <fmt/format.h>

#include "certs/output.h"
#include "cli/checked.h"
#include "cli/ending.h"
#include "cli/flags.h"
#include "cli/progress.h"
#include "cli/signals.h"
#include "cli/torture.h"
#include "lab/core/codes.h"
#include "lab/core/encoding.h"
#include "lab/net/descriptor_limit.h"
#include "lab/net/resolve.h"
#include "lab/torture/live/ends.h"
#include "lab/torture/live/remote_ends.h"

namespace sni::cli {

namespace {

using net::Clock;
using torture::Shape;

/// From its start to an ordinary hello's answer.
constexpr std::chrono::seconds kPeersStart{20};

/// Where the two ends are, in words.
struct Places {
    std::string target;
    std::string decoy;
};

/// What an ordinary hello met.
struct Ordinary {
    std::optional<torture::Seen> seen;  ///< nothing: it was stopped
    torture::Finding finding;
};

Ordinary ask_ordinary(const torture::Plan& plan, const TortureFlags& flags, torture::Arrivals& ends,
                      const net::Wakeup& stop) {
    const Shape shape = torture::ordinary_shape(flags.sni, flags.seed);
    Ordinary asked{.seen = torture::ask(plan.gateway, shape, plan.patience, ends, stop)};
    if (asked.seen) asked.finding = torture::judge(shape, *asked.seen);
    return asked;
}

/// Throws Failure unless an ordinary hello arrived at the target: nothing else would mean anything.
void require_target(const Ordinary& asked, const torture::Plan& plan, const TortureFlags& flags,
                    const Places& places) {
    const auto& [seen, found] = asked;
    if (!seen || found.verdict == torture::Verdict::right) return;
    if (seen->ending == torture::Ending::unconnected) {
        throw Failure(Exit::not_routed,
                      seen->refused ? code::kConnectRefused : code::kConnectFailed,
                      fmt::format("the gateway {} takes no connection", to_string(plan.gateway)),
                      seen->trouble, "start it, or name another with --gateway");
    }
    if (!seen->untold.empty()) {
        throw Failure(Exit::inconclusive, code::kTortureEnds,
                      "the ends elsewhere do not state what they got", printable(seen->untold),
                      "sni-lab torture serve runs them; --identity takes its FILE.pub");
    }
    // Whoever answers in the target's place leaves open where the hello went.
    const bool nowhere =
        seen->answer.empty() || found.alert || found.verdict == torture::Verdict::misrouted;
    throw Failure(
        nowhere ? Exit::not_routed : Exit::inconclusive, code::kTortureNoTarget,
        fmt::format("the gateway does not send {} to the target {}; nothing else would mean "
                    "anything",
                    flags.sni, places.target),
        fmt::format("an ordinary hello: {}, {}", to_string(found.verdict), found.how),
        fmt::format("let {} pass {} on to {} as it is, and everything else to {}",
                    to_string(plan.gateway), flags.sni, places.target, places.decoy));
}

/// What was started needs a while until it takes hellos.
Ordinary ask_until_ready(const torture::Plan& plan, const TortureFlags& flags,
                         torture::Arrivals& ends, Peer* peer, const net::Wakeup& stop) {
    const Clock::time_point deadline = Clock::now() + kPeersStart;
    for (;;) {
        Ordinary asked = ask_ordinary(plan, flags, ends, stop);
        const bool there = asked.seen && asked.finding.verdict == torture::Verdict::right;
        if (!peer || !asked.seen || there) return asked;
        peer->require_running();
        if (Clock::now() > deadline || stop.called(std::chrono::milliseconds(20))) return asked;
    }
}

/// As far as it came when a signal stopped it.
std::vector<std::optional<torture::Finding>> findings_of(torture::Plan plan,
                                                         const TortureFlags& flags,
                                                         torture::Arrivals& ends,
                                                         const Places& places, Peer* peer,
                                                         Signals& signals, std::ostream& err) {
    const Progress progress(err);
    plan.progress = [&](std::size_t done, std::size_t all) {
        progress.show(fmt::format("{} of {} shapes", done, all));
    };
    std::vector<std::optional<torture::Finding>> found(plan.shapes.size());
    const net::Wakeup stop;
    Drain().run(
        signals,
        [&] {
            require_target(ask_until_ready(plan, flags, ends, peer, stop), plan, flags, places);
            if (!stop.called()) found = torture::run(plan, ends, stop);
        },
        [&] { stop.call(); }, [] {});
    return found;
}

/// What was asked, without what was not.
torture::Run asked_of(const torture::Plan& plan, const TortureFlags& flags, const Peer* peer,
                      std::vector<std::optional<torture::Finding>> found) {
    torture::Run asked{.gateway = to_string(plan.gateway),
                       .product = flags.product,
                       .sni = flags.sni,
                       .seed = flags.seed,
                       .command = command_of(flags),
                       .wanted = plan.shapes.size()};
    if (peer) {
        asked.product = to_string(peer->program().product);
        asked.version = peers::version_in(peer->program().said);
        asked.config = to_string(peer->config());
    }
    for (std::size_t i = 0; i < found.size(); ++i) {
        std::optional<torture::Finding>& finding = found[i];
        if (!finding) continue;
        asked.shapes.push_back(plan.shapes[i]);
        asked.findings.push_back(std::move(*finding));
    }
    return asked;
}

std::unique_ptr<torture::Arrivals> remote_ends(const TortureFlags& flags) {
    Checked checked;
    const Endpoint page = checked.take("--ends", parse_endpoint(flags.ends), loopback(0));
    checked.throw_if_any();
    return std::make_unique<torture::RemoteEnds>(net::resolve(page).front(),
                                                 certs::IdentityPublicKey::read(flags.identity),
                                                 flags.patience.answer);
}

}  // namespace

torture::Run ask_gateway(const TortureFlags& flags, Streams io) {
    std::optional<Peer> peer;
    if (flags.peer.peer.empty()) {
        require_flags(flags);
    } else {
        peer.emplace(flags.peer);
    }
    Checked checked;
    Endpoint gateway;
    if (!peer) gateway = checked.take("--gateway", parse_gateway(flags.gateway), loopback(0));
    const Endpoint target = end_of(checked, "--target", flags.target);
    const Endpoint decoy = end_of(checked, "--decoy", flags.decoy);
    checked.throw_if_any();
    torture::Plan plan{.jobs = flags.jobs, .patience = flags.patience};
    if (!peer) plan.gateway = net::resolve(gateway).front();
    TortureFlags named = flags;  // the command that is shown is as it was given
    named.sni = flags.sni.empty() ? kPeersName : name_to_send(flags.sni);
    plan.shapes = chosen_shapes(flags, named.sni);
    std::vector<std::string> left_out;
    if (!flags.ends.empty()) left_out = leave_out(plan.shapes);
    // Nothing is wrong with the flags: from here on, an earlier report would be taken for this one.
    certs::clear_output(flags.junit);
    certs::clear_output(flags.html);
    net::raise_descriptor_limit();
    Signals signals(Signals::Hangup::stops);  // before the threads of the ends
    std::unique_ptr<torture::Arrivals> ends;
    Places places{"where torture serve listens", "its decoy"};
    peers::Passthrough site;
    if (!flags.ends.empty()) {
        ends = remote_ends(flags);
    } else {
        auto own = std::make_unique<torture::Ends>(target, decoy);
        places = {to_string(own->target()), to_string(own->decoy())};
        if (peer) site = peer->site(named.sni, own->target(), own->decoy(), flags.patience.hello);
        ends = std::move(own);
    }
    if (peer) {
        plan.gateway = site.listen;
        plan.restart = [&] { peer->start(site); };
        plan.ended = [&] { return peer->ended(); };
        peer->start(site);
    }
    Peer* const started = peer ? &*peer : nullptr;
    torture::Run asked = asked_of(
        plan, named, started, findings_of(plan, named, *ends, places, started, signals, io.err));
    asked.left_out = std::move(left_out);
    return asked;
}

}  // namespace sni::cli
