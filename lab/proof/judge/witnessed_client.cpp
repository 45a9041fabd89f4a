#include "lab/proof/judge/witnessed_client.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "lab/core/codes.h"
#include "lab/core/encoding.h"
#include "lab/proof/judge/client_names.h"
#include "lab/proof/judge/client_way.h"
#include "lab/proof/judge/lines.h"
#include "lab/proof/match/fate.h"

namespace sni::proof {

namespace {

/// What to try where the bytes that both have accuse nobody.
std::string how_to_decide(const WitnessedSession& here, const WitnessedSession& there) {
    const auto missing = [](const WitnessedStream& left, const WitnessedStream& arrived) {
        return left.all.bytes - std::min(left.all.bytes, arrived.all.bytes);
    };
    const std::uint64_t up = missing(here.up, there.up);
    const std::uint64_t down = missing(there.down, here.down);
    if (up + down > 0) {
        return fmt::format(
            "the last {} bytes up and {} down did not arrive: ask with a client that waits for the "
            "other side's end, or let the service speak TLS 1.3, of which a cut shows as much",
            up, down);
    }
    return "let the service speak TLS 1.3, or its client begin with a whole handshake, and end by "
           "itself";
}

Line fate_line(const WitnessedSession& here, const WitnessedSession& there,
               const std::string& what) {
    const auto [fate, why] = fate_of(carried(here), carried(there));
    switch (fate) {
        case Fate::passed:
            return pass("witness", fmt::format("{}: every byte is the same at the witness, {} up "
                                               "and {} down",
                                               what, here.up.all.bytes, here.down.all.bytes));
        case Fate::cut:
            return pass("witness", fmt::format("{}: it was cut, and {}", what, why));
        case Fate::readable:
            if (gave_ticket(here.server)) {
                return against(Verdict::readable, code::kTicketGiven, "witness",
                               fmt::format("{}: every byte is the same, and {}", what, why),
                               std::string(kWithoutTickets));
            }
            return against(Verdict::readable, code::kNoForwardSecrecy, "witness",
                           fmt::format("{}: every byte is the same, and {}", what, why),
                           "let the service take TLS 1.3 with (EC)DHE alone, and no early data");
        case Fate::altered:
            return against(Verdict::altered, code::kBytesAltered, "witness",
                           fmt::format("{}: {}", what, why),
                           "somebody in between writes TLS records of its own, without this "
                           "session's secrets");
        case Fate::reencrypted:
        case Fate::elsewhere:
            return against(Verdict::terminated, code::kSentDiffers, "witness",
                           fmt::format("{}: {}", what, why), std::string(kHowToPassThrough));
        case Fate::incomplete:
            break;
    }
    return against(Verdict::inconclusive, code::kNoStreams, "witness",
                   fmt::format("{}: {}", what, why), how_to_decide(here, there));
}

/// What precedes TLS, as before a STARTTLS, is not of the session that is proven.
std::optional<Line> in_clear_line(const WitnessedSession& here) {
    if (here.up_before_tls + here.down_before_tls == 0) return std::nullopt;
    return info("clear", fmt::format("{} bytes up and {} down precede TLS, which whoever is in "
                                     "between can read",
                                     here.up_before_tls, here.down_before_tls));
}

Line statement_line(const WitnessedPair& pair, const std::string& what,
                    const WitnessStatement& said) {
    if (said.question != pair.question) {
        return against(Verdict::report_altered, code::kOtherNonce, "fresh",
                       fmt::format("{}: the witness answers another question", what),
                       "somebody in between replays statements");
    }
    // Who was refused had no session. What else came may have been one, and answered elsewhere.
    const bool answered = pair.here.server || may_hold_server_hello(pair.here.down);
    if (!pair.here.server && (!answered || said.matching > 0)) {
        return against(
            Verdict::inconclusive, code::kNotLookedAt, "witness",
            fmt::format("{}: {}, so {}", what, no_server_hello(pair.here.down),
                        answered ? "nobody knows what session it was" : "there was no session"),
            "mend what the client says first");
    }
    if (said.matching == 0) {
        Line line = unseen_line(said);
        line.text = fmt::format("{}: {}", what, line.text);
        return line;
    }
    if (said.matching > 1 || said.sessions.empty()) {
        Line line = seen_twice_line(said);
        line.text = fmt::format("{}: {}", what, line.text);
        return line;
    }
    return fate_line(pair.here, said.sessions.front(), what);
}

/// "the connection with SNI shop.example.com, JA4 …, ALPN h2,http/1.1".
std::string described(const WitnessedSession& here) {
    return fmt::format(
        "the connection for {}, {}, ALPN {}", shown(here.sni),
        here.ja4.empty() ? "JA4 unknown" : "JA4 " + printable(here.ja4),
        here.alpn.empty() ? "none" : printable(fmt::format("{}", fmt::join(here.alpn, ","))));
}

Line client_line(const WitnessedRun& run) {
    std::string text = fmt::format("{}: {} TLS connection{}", printable(run.client),
                                   run.connections.size(), run.connections.size() == 1 ? "" : "s");
    if (run.not_tls > 0) text += fmt::format(", {} without TLS", run.not_tls);
    return info("client", text + "; no other client was tested");
}

/// TLS as the ServerHello that passed here names it.
std::optional<TlsFacts> facts_of(const WitnessedSession& session) {
    if (!session.server) return std::nullopt;
    return TlsFacts{.version = session.server->version,
                    .cipher_suite = session.server->cipher_suite,
                    .group = session.server->group,
                    .sni = session.sni,
                    .extended_master_secret = session.server->extended_master_secret,
                    .resumed = !session.server->full};
}

void tell_first(const WitnessedSession& first, Seen& seen) {
    seen.client_ja4 = first.ja4;
    seen.client_tls = facts_of(first);
    seen.client_hellos = first.hellos;
    seen.client_alpn = first.alpn;
}

/// Enters what the witness says of each of `pairs`; whether it is believed of any.
bool enter_pairs(const WitnessedRun& run, const std::vector<const WitnessedPair*>& pairs,
                 const Expectation& expected, Check& check) {
    Evidence known{.gateway = run.gateway, .identity_served = run.identity_served};
    bool believed = false;
    for (const WitnessedPair* pair : pairs) {
        known.witness = WitnessAsked{.question = pair->question};
        if (const auto* said = std::get_if<WitnessStatement>(&pair->answer)) {
            if (!std::exchange(believed, true)) {
                check.lines.push_back(signed_line(run.identity_served, expected, "witness"));
                if (!run.served_unseen.empty())
                    check.lines.push_back(served_unseen_line(run.served_unseen));
                if (auto other = other_witness_line(*said, expected))
                    check.lines.push_back(std::move(*other));
            }
            check.lines.push_back(statement_line(*pair, described(pair->here), *said));
            if (auto clear = in_clear_line(pair->here)) check.lines.push_back(std::move(*clear));
            check.seen.backend = said->witness;
            continue;
        }
        for (Line& line : proof_lines(pair->answer, known, expected)) {
            check.lines.push_back(std::move(line));
        }
    }
    return believed;
}

}  // namespace

Check judge_witnessed(const WitnessedRun& run, const Expectation& expected, std::string name) {
    Check check{.name = std::move(name),
                .gateway = sni::to_string(run.gateway),
                .address = run.address ? std::optional(sni::to_string(*run.address)) : std::nullopt,
                .sni = run.sni,
                .took = run.took};
    std::vector<const WitnessedPair*> asked;
    Names others;
    for (const WitnessedPair& pair : run.connections) {
        if (is_for(pair.here.sni, run.sni)) {
            asked.push_back(&pair);
        } else {
            others.insert(shown(pair.here.sni));
        }
    }
    const bool believed = enter_pairs(run, asked, expected, check);
    if (!asked.empty()) {
        tell_first(asked.front()->here, check.seen);
        if (!others.empty()) check.lines.push_back(set_aside_line(others, run.sni));
    } else if (others.empty()) {
        check.lines.push_back(no_connection_line("witness", run.client, run.ended));
    } else {
        check.lines.push_back(other_name_line(run.client, others, run.sni));
    }
    if (run.let_go > 0) {
        check.lines.push_back(against(
            Verdict::inconclusive, code::kNotLookedAt, "witness",
            fmt::format("{} connections before these are not remembered", run.let_go),
            "let the client make fewer, or stand a witness beside it and compare by match"));
    }
    if (auto ended = ended_line(run.ended)) check.lines.push_back(std::move(*ended));
    if (auto plain = plain_line("way", run.client, run.plain))
        check.lines.push_back(std::move(*plain));
    check.lines.push_back(client_line(run));
    if (believed) check.lines.push_back(ends_here_line(check.seen.backend));
    check.verdict = worst_of(check.lines);
    return check;
}

}  // namespace sni::proof
