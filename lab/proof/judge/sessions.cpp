#include "lab/proof/judge/sessions.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "lab/core/codes.h"
#include "lab/core/encoding.h"
#include "lab/core/strict_json.h"
#include "lab/proof/judge/lines.h"

namespace sni::proof {

namespace {

using nlohmann::json;

constexpr std::string_view kEstablished = "established";

/// The string in `object`'s field; nothing when there is none.
std::optional<std::string> text_of(const json& object, const char* name) {
    const auto found = object.find(name);
    if (found == object.end() || !found->is_string()) return std::nullopt;
    return found->get<std::string>();
}

}  // namespace

Result<SessionsPage, std::string> parse_sessions(std::string_view page) {
    const auto parsed = parse_strict_json(page);
    if (!parsed || !parsed->is_object()) return std::unexpected("the page is no JSON object");
    const std::string schema = text_of(*parsed, "schema").value_or("");
    if (schema != kSessionsSchema) {
        return std::unexpected(
            fmt::format("the page's schema is \"{}\", not {}", printable(schema), kSessionsSchema));
    }
    const auto list = parsed->find("sessions");
    if (list == parsed->end() || !list->is_array()) {
        return std::unexpected("the page has no list of sessions");
    }
    SessionsPage read;
    if (const auto complete = parsed->find("complete_for_ms");
        complete != parsed->end() && complete->is_number_unsigned()) {
        constexpr std::uint64_t kLongest = 1ull << 53;
        read.complete_for =
            std::chrono::milliseconds(std::min(complete->get<std::uint64_t>(), kLongest));
    }
    const auto let_go = parsed->find("let_go");
    read.from_the_start = let_go != parsed->end() && *let_go == 0;
    for (const json& entry : *list) {
        if (!entry.is_object()) return std::unexpected("a session of the page is no object");
        const auto outcome = text_of(entry, "outcome");
        // A connection that broke off before its hello was whole has none.
        if (const auto hello = entry.find("hello_sha256"); hello != entry.end() && hello->is_null())
            continue;
        const auto hello = digest_from_hex(text_of(entry, "hello_sha256").value_or(""));
        if (!outcome || !hello) {
            return std::unexpected("a session of the page has no hello_sha256 or no outcome");
        }
        read.sessions.push_back({.hello_sha256 = *hello, .outcome = *outcome});
    }
    return read;
}

bool lacks_statement(const Evidence& e) {
    if (!e.tls || e.hellos.empty()) return false;
    if (!e.proof) return e.trouble.has_value();
    return std::holds_alternative<NoStatement>(*e.proof) ||
           std::holds_alternative<BadEnvelope>(*e.proof);
}

SessionLookup look_up(const SessionsPage& page, const std::vector<HelloFacts>& hellos,
                      std::chrono::milliseconds ago) {
    // A process that served us does not end and come again in less, and the page takes its time.
    constexpr std::chrono::milliseconds kRestart{100};
    const auto slack = page.from_the_start ? kRestart : std::chrono::milliseconds(0);
    SessionLookup lookup{.listed = page.sessions.size(),
                         .complete = page.complete_for && *page.complete_for + slack >= ago};
    for (const BackendSession& session : page.sessions) {
        const bool ours = std::ranges::any_of(
            hellos, [&](const HelloFacts& hello) { return hello.sha256 == session.hello_sha256; });
        // The best that is told of our hello: anybody on the path can repeat it and get no further.
        if (ours && lookup.outcome != kEstablished) lookup.outcome = session.outcome;
    }
    return lookup;
}

Line session_list_line(const SessionLookup& lookup, const Evidence& e) {
    if (!lookup.error.empty()) {
        return against(Verdict::inconclusive, code::kSessionsUnread, "asked",
                       fmt::format("the backend's sessions could not be asked for: {}",
                                   printable(lookup.error)),
                       "--backend-admin names what the backend's --admin listens on");
    }
    if (lookup.outcome == kEstablished) {
        return info("asked", "the backend tells of a session that began with this client's hello");
    }
    if (!lookup.complete.value_or(false)) {
        return against(
            Verdict::inconclusive, code::kSessionsIncomplete, "asked",
            fmt::format("none of the {} session{} that the backend tells of was finished with this "
                        "client's hello, but they are not all since then",
                        lookup.listed, lookup.listed == 1 ? "" : "s"),
            "ask again when it is less busy; a backend that does not say how far back its list is "
            "complete is of an older version");
    }
    if (!lookup.outcome) {
        return against(Verdict::terminated, code::kSessionUnseen, "asked",
                       fmt::format("none of the {} session{} that the backend tells of began with "
                                   "this client's hello",
                                   lookup.listed, lookup.listed == 1 ? "" : "s"),
                       std::string(kHowToPassThrough));
    }
    // In TLS 1.3 the client is the first to be done: what it sent last may never have arrived.
    const bool finished_both = e.status || (e.tls && e.tls->version == "TLSv1.2");
    if (!finished_both) {
        return info("asked",
                    fmt::format("this client's hello reached the backend; of its handshake "
                                "came nothing there ({})",
                                printable(*lookup.outcome)));
    }
    return against(Verdict::terminated, code::kSessionUnseen, "asked",
                   fmt::format("this client's hello reached the backend, but no handshake came "
                               "of it ({}): this one was finished by somebody else",
                               printable(*lookup.outcome)),
                   std::string(kHowToPassThrough));
}

bool finished_elsewhere(const Evidence& e) {
    return e.sessions && lacks_statement(e) &&
           session_list_line(*e.sessions, e).verdict == Verdict::terminated;
}

}  // namespace sni::proof
