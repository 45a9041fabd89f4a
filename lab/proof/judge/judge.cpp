#include "lab/proof/judge/judge.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "lab/core/codes.h"
#include "lab/core/encoding.h"
#include "lab/proof/canary.h"
#include "lab/proof/judge/lines.h"
#include "lab/proof/judge/sessions.h"

namespace sni::proof {

namespace {

Line answer_line(int status, const Evidence& e, const Expectation& expected) {
    const std::string answer = fmt::format("{} {}", status, printable(e.reason));
    if (!expected.status) {
        return info("answer", fmt::format("GET {} → {}; not judged, no status was expected",
                                          printable(e.request), answer));
    }
    if (*expected.status == status) {
        return pass("answer", fmt::format("GET {} → {}", printable(e.request), answer));
    }
    return against(
        Verdict::unexpected_answer, code::kStatus, "answer",
        fmt::format("GET {} → {}, expected {}", printable(e.request), answer, *expected.status),
        "somebody answered who is not the backend, or the backend does not know this path");
}

Seen seen(const Evidence& e) {
    Seen seen{
        .client_tls = e.tls, .certificate = e.leaf, .client_exporter_sha256 = e.exporter_sha256};
    if (e.streams) {
        seen.client_sent = e.streams->sent;
        seen.client_received = e.streams->received;
    }
    seen.client_hellos = e.hellos;
    seen.client_ja4 = e.ja4;
    if (e.status) seen.answer = fmt::format("{} {}", *e.status, e.reason);
    if (const auto* said = e.proof ? std::get_if<WitnessStatement>(&*e.proof) : nullptr) {
        seen.backend = said->witness;
        if (said->sessions.size() == 1) {
            const WitnessedSession& session = said->sessions.front();
            seen.backend_streams = {session.up.all, session.down.all};
            seen.backend_hellos = session.hellos;
        }
    }
    if (const auto* said = e.proof ? std::get_if<Statement>(&*e.proof) : nullptr) {
        seen.backend = said->backend;
        seen.backend_tls = said->tls;
        seen.backend_exporter_sha256 = said->exporter_sha256;
        seen.backend_streams = said->streams;
        seen.backend_hellos = said->hellos;
    }
    return seen;
}

/// Nothing where it broke off before there was one.
std::optional<Nonce> nonce_of(const Evidence& e) {
    const Nonce& nonce = e.witness ? e.witness->question.nonce : e.nonce;
    return nonce == Nonce{} ? std::nullopt : std::optional(nonce);
}

}  // namespace

Check judge(const Evidence& e, const Expectation& expected, std::string name,
            const std::vector<Canary>& canaries) {
    Check check{.name = std::move(name),
                .gateway = sni::to_string(e.gateway),
                .address = e.address ? std::optional(sni::to_string(*e.address)) : std::nullopt,
                .sni = e.sni,
                .request = e.request,
                .seen = seen(e),
                .refused = turned_away(e),
                .took = e.took,
                .nonce = nonce_of(e)};
    const auto add = [&](std::vector<Line> lines) {
        std::ranges::move(lines, std::back_inserter(check.lines));
    };

    add({routing_line(e, check.where())});
    if (e.tls) {
        add({pass("tls", fmt::format("{}, {}{}{}", e.tls->version, e.tls->cipher_suite,
                                     e.tls->group.empty() ? "" : ", ", e.tls->group))});
    }
    if (e.leaf) add(certificate_lines(*e.leaf, e, expected));
    if (e.status) {
        add({answer_line(*e.status, e, expected)});
    } else if (expected.status && e.tls && e.request.empty()) {
        add({against(Verdict::inconclusive, code::kStatus, "answer",
                     fmt::format("{} was expected, and nothing was asked: {} was chosen by ALPN",
                                 *expected.status, printable(e.tls->alpn)),
                     "--alpn http/1.1 makes the request")});
    }
    if (e.tls) add(engine_lines(*e.tls, !e.witness));
    if (e.proof) add(proof_lines(*e.proof, e, expected));
    if (!e.proof && e.sessions) add({session_list_line(*e.sessions, e)});

    // A witness saw the connection, whatever became of the request.
    const bool seen_by_witness = e.proof && std::holds_alternative<WitnessStatement>(*e.proof) &&
                                 e.trouble && e.trouble->stage == Stage::request;
    const bool asked = e.status || e.request.empty() || seen_by_witness;
    const bool complete = e.tls && e.leaf && asked && e.proof;
    if (!complete) {
        add({against(Verdict::inconclusive, code::kNotLookedAt, "session",
                     "whose TLS session this is was not looked at: the probe ended before",
                     "mend what is said above first")});
    }
    if (e.ticket) add({ticket_line(*e.ticket, e)});
    if (e.ja4) {
        add({info("client", fmt::format("JA4 {}: only hellos like this one were tested",
                                        printable(*e.ja4)))});
    }
    // A canary is a backend's to judge, so where nobody could send one none is missed.
    if (!canaries.empty() || (e.tls && !e.witness)) add(canary_lines(canaries));

    check.verdict = worst_of(check.lines);
    return check;
}

namespace {

struct Worse {
    bool operator()(Verdict a, Verdict b) const { return a != b && worse(a, b) == a; }
};
/// The first sample of each verdict, from the one that decides.
using FirstOfEach = std::map<Verdict, const Check*, Worse>;

/// "2 of 4 connections proven, 1 terminated, 1 not routed".
std::string counted(const std::vector<Check>& samples, const FirstOfEach& first) {
    const auto count = [&](Verdict verdict) {
        return std::ranges::count(samples, verdict, &Check::verdict);
    };
    std::string text =
        fmt::format("{} of {} connections proven", count(Verdict::proven), samples.size());
    for (const auto& [verdict, sample] : first) {
        if (verdict == Verdict::proven) continue;
        std::string word(to_string(verdict));
        std::ranges::replace(word, '_', ' ');
        text += fmt::format(", {} {}", count(verdict), word);
    }
    return text;
}

/// What decided of a connection that does not decide here.
Line beside(const Check& sample) {
    Line line = *std::ranges::find(sample.lines, sample.verdict, &Line::verdict);
    line.text = "another connection: " + line.text;
    return line;
}

}  // namespace

Check weakest(const std::vector<Check>& samples) {
    std::chrono::milliseconds took{0};
    FirstOfEach first;
    std::set<Nonce> nonces;
    std::size_t asked = 0;
    for (const Check& sample : samples) {
        if (sample.nonce) {
            nonces.insert(*sample.nonce);
            ++asked;
        }
        first.emplace(sample.verdict, &sample);
        took += sample.took;
    }
    Check check = *first.begin()->second;
    check.took = took;
    if (samples.size() == 1) return check;
    for (const auto& [verdict, sample] : first) {
        if (verdict != check.verdict && verdict != Verdict::proven)
            check.lines.push_back(beside(*sample));
    }
    const std::string count = counted(samples, first);
    if (nonces.size() < asked) {
        // One connection that is there several times shows no more than one.
        Line line = against(Verdict::inconclusive, code::kOtherNonce, "samples",
                            fmt::format("{}, but {} of them repeat another one's nonce", count,
                                        asked - nonces.size()),
                            "a proof has every connection once: was this one edited?");
        check.verdict = worse(check.verdict, line.verdict);
        check.lines.push_back(std::move(line));
    } else if (check.verdict == Verdict::proven) {
        check.lines.push_back(pass("samples", count + ", each with a nonce of its own"));
    } else if (!first.contains(Verdict::proven)) {
        check.lines.push_back(info("samples", count + "; this is the weakest of them"));
    } else {
        check.lines.push_back(against(check.verdict, code::kSamples, "samples",
                                      count + "; this is the weakest of them",
                                      "somebody treats connections differently: several gateways "
                                      "or backends behind one address, or one that samples"));
    }
    return check;
}

}  // namespace sni::proof
