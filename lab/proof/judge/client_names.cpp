#include "lab/proof/judge/client_names.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "lab/core/codes.h"
#include "lab/core/dns_name.h"
#include "lab/core/encoding.h"
#include "lab/proof/judge/client_way.h"
#include "lab/proof/judge/lines.h"

namespace sni::proof {

namespace {

std::string listed(const Names& names) {
    constexpr std::size_t kMost = 3;
    const auto end =
        std::next(names.begin(), static_cast<std::ptrdiff_t>(std::min(names.size(), kMost)));
    return fmt::format("{}{}", fmt::join(names.begin(), end, ", "),
                       names.size() > kMost ? ", …" : "");
}

/// The name that the client sent for the session that `said` states: by the backend's word, and by
/// what went by.
std::optional<std::string> name_of(const ClientRun& run, const Statement& said) {
    if (!said.tls) return std::nullopt;
    const WitnessedSession* session = run.way ? began_with(*run.way, said) : nullptr;
    return session && is_for(said.tls->sni, run.sni) ? session->sni : said.tls->sni;
}

}  // namespace

bool is_for(const std::optional<std::string>& sent, const std::optional<std::string>& asked) {
    if (!sent || !asked) return !sent && !asked;
    return to_lower_ascii(*sent) == to_lower_ascii(*asked);
}

Line other_name_line(std::string_view client, const Names& sent,
                     const std::optional<std::string>& asked) {
    return against(
        Verdict::inconclusive, code::kOtherName, "way",
        fmt::format("{} asked the gateway for {}, and not for {}: SNI decides where a connection "
                    "goes, so nothing is known of that name",
                    printable(client), listed(sent), shown(asked)),
        asked ? "it must ask for {url}, whose host it then sends as SNI, and connect to {connect}; "
                "--sni NAME or --no-sni asks about what it does send"
              : "it must ask for {url}, whose host is an address, which is not sent as SNI; --sni "
                "NAME asks about what it does send");
}

Line set_aside_line(const Names& sent, const std::optional<std::string>& asked) {
    return info("way", fmt::format("what the client did for {} is set aside: {} was asked about",
                                   listed(sent), shown(asked)));
}

bool has_session(const ClientAnswer& answer, const Statement& said) {
    return said.tls && said.exporter_sha256 &&
           std::ranges::count(answer.sessions, said.exporter_sha256,
                              &ClientSession::exporter_sha256) > 0;
}

bool is_own(const ClientAnswer& answer) {
    const auto* said = std::get_if<Statement>(&answer.answer);
    return said && has_session(answer, *said);
}

bool is_at_another(const ClientRun& run, const ClientAnswer& answer, const Expectation& expected) {
    const auto* other = std::get_if<OtherIdentity>(&answer.answer);
    if (!other || !has_session(answer, other->statement)) return false;
    const Statement& said = other->statement;
    const bool by_the_gateway = run.way && began_with(*run.way, said);
    const bool bound =
        said.tls && !said.key_log && worst_of(engine_lines(*said.tls)) == Verdict::proven;
    return by_the_gateway && bound && said.nonce == run.nonce && said.backend != expected.backend &&
           is_for(name_of(run, said), run.sni);
}

ToldByName told_by_name(const ClientRun& run, bool all_shown) {
    Names others;
    std::size_t asked = 0;
    const std::vector<WitnessedSession> none;
    for (const WitnessedSession& session : run.way ? run.way->connections : none) {
        if (is_for(session.sni, run.sni)) {
            ++asked;
        } else {
            others.insert(shown(session.sni));
        }
    }
    if (asked == 0 && !others.empty()) return {.answers = {}, .set_aside = std::move(others)};
    ToldByName told;
    for (const ClientAnswer& answer : run.answers) {
        const bool own = is_own(answer);
        const auto name = own ? name_of(run, std::get<Statement>(answer.answer)) : std::nullopt;
        if (own ? is_for(name, run.sni) : !all_shown || others.empty()) {
            told.answers.push_back(&answer);
        } else if (own) {
            told.set_aside.insert(shown(name));
        } else {
            told.set_aside.insert(others.begin(), others.end());
        }
    }
    return told;
}

}  // namespace sni::proof
