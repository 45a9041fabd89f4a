#include "lab/proof/key_logs.h"

#include <algorithm>
#include <array>
#include <map>

#include <fmt/format.h>

#include "lab/core/encoding.h"

namespace sni::proof {

namespace {

constexpr std::size_t kRandomDigits = 64;
/// The least that a hash of TLS 1.3 gives; what has fewer digits was cut.
constexpr std::size_t kSecretDigits = 64;
constexpr std::string_view kMaster = "CLIENT_RANDOM";
/// Written by who sends early data, or takes it.
constexpr std::string_view kEarly = "CLIENT_EARLY_TRAFFIC_SECRET";

/// Of one client random, by label. There are several of one label where a hello came twice: sent
/// again by whoever overheard it.
using Secrets = std::map<std::string, std::vector<std::string>, std::less<>>;

/// Each client random in the order of its first line.
struct Log {
    std::vector<std::string> order;
    std::map<std::string, Secrets, std::less<>> sessions;
    std::size_t passed_over = 0;
    /// Its last line is not whole, and of no session that another one tells of.
    bool ends_torn = false;
    /// The first before it that is not whole, as where a client was killed and the next one wrote
    /// on, so that a line of another session may be in it; 0: none.
    std::size_t torn_line = 0;
};

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

std::string not_a_line(std::size_t number, std::string_view whose) {
    return fmt::format("line {} of the {}'s is not LABEL, client random and secret", number, whose);
}

constexpr std::array kBoundLabels = {std::string_view("EXPORTER_SECRET"),
                                     std::string_view("CLIENT_HANDSHAKE_TRAFFIC_SECRET"),
                                     std::string_view("SERVER_HANDSHAKE_TRAFFIC_SECRET")};
/// Behind these stands a number, or an N.
constexpr std::array kTrafficLabels = {std::string_view("CLIENT_TRAFFIC_SECRET_"),
                                       std::string_view("SERVER_TRAFFIC_SECRET_")};
constexpr std::array kOtherLabels = {kMaster, std::string_view("EARLY_EXPORTER_SECRET"), kEarly};

/// Derived from both sides' key shares and the transcript of one handshake up to the ServerHello or
/// further (RFC 8446 §7.1), so that two sessions never share it.
bool is_bound(std::string_view label) {
    const auto is_numbered = [&](std::string_view traffic) {
        return label.size() > traffic.size() && label.starts_with(traffic) &&
               label.find_first_not_of("0123456789N", traffic.size()) == std::string_view::npos;
    };
    return std::ranges::count(kBoundLabels, label) != 0 ||
           std::ranges::any_of(kTrafficLabels, is_numbered);
}

/// What is behind the first KeyUpdate has such a label, as often as there were updates: logs that
/// end at different times need not have the same, so that nobody is accused by it.
bool is_updated(std::string_view label) {
    return label.contains("_TRAFFIC_SECRET_") && !label.ends_with("_SECRET_0");
}

/// The labels of draft-ietf-tls-keylogfile that carry a client random. RSA, which OpenSSL writes as
/// well, carries a piece of an encrypted premaster secret instead.
bool tells_of_a_session(std::string_view label) {
    return is_bound(label) || std::ranges::count(kOtherLabels, label) != 0;
}

bool any_label(auto holds) {
    return std::ranges::any_of(kBoundLabels, holds) || std::ranges::any_of(kTrafficLabels, holds) ||
           std::ranges::any_of(kOtherLabels, holds);
}

/// As far as it goes `text` is such a label.
bool begins_a_label(std::string_view text) {
    return !text.empty() && any_label([&](std::string_view known) {
        return known.starts_with(text) && !tells_of_a_session(text);
    });
}

/// A label that was cut in itself, with the next line behind it: CLIENT_HACLIENT_RANDOM. Labels of
/// NSS and QUIC that nobody writes any more end as others do, and are whole.
bool holds_a_label(std::string_view label) {
    if (tells_of_a_session(label)) return false;
    for (const std::string_view own : {"PMS_", "QUIC_"}) {
        if (label.starts_with(own)) label.remove_prefix(own.size());
    }
    return any_label([&](std::string_view known) {
        const std::size_t at = label.rfind(known);
        return at != std::string_view::npos && at > 0;
    });
}

std::string_view take_word(std::string_view& text) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return word;
}

std::string lower(std::string_view text) {
    std::string copy(text);
    std::ranges::transform(copy, copy.begin(), [](char c) {
        return c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return copy;
}

bool is_hex(std::string_view text) {
    return !text.empty() && text.find(':') == std::string_view::npos && from_hex(text).has_value();
}

Result<Log, std::string> read(std::string_view text, std::string_view whose) {
    Log log;
    bool foreign = false;
    if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
    for (std::size_t number = 1; !text.empty(); ++number) {
        std::string_view line = text.substr(0, text.find('\n'));
        const bool still_written = line.size() == text.size();
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.empty() || line.starts_with('#')) continue;
        const std::string_view label = take_word(line);
        const std::string_view random = take_word(line);
        const bool whole = random.size() == kRandomDigits && is_hex(random) && is_hex(line);
        const bool ends_here = !still_written && random.empty() && line.empty();
        const bool torn = holds_a_label(label) || (ends_here && begins_a_label(label));
        if (!torn && (!tells_of_a_session(label) || (!whole && still_written))) {
            ++log.passed_over;
            foreign = foreign || (!still_written && label != "RSA" && !whole);
            log.ends_torn = still_written && !whole && !log.sessions.contains(lower(random));
            continue;
        }
        if (torn || !whole) {
            if (log.torn_line == 0) log.torn_line = number;
            continue;
        }
        const std::string key = lower(random);
        if (!log.sessions.contains(key)) log.order.push_back(key);
        std::vector<std::string>& secrets = log.sessions[key][std::string(label)];
        std::string secret = lower(line);
        if (std::ranges::find(secrets, secret) == secrets.end())
            secrets.push_back(std::move(secret));
    }
    if (log.sessions.empty() && log.torn_line > 0)
        return std::unexpected(not_a_line(log.torn_line, whose));
    if (log.sessions.empty() && foreign) {
        return std::unexpected(fmt::format("no line of the {}'s is a key log's", whose));
    }
    return log;
}

/// One is as far as it goes the other: its line is still being written.
bool is_cut(std::string_view a, std::string_view b) {
    return a.size() != b.size() && (a.starts_with(b) || b.starts_with(a));
}

KeyLogMatch compare(const Secrets& client, const Secrets& backend) {
    bool bound = false;
    for (const auto& [label, secrets] : client) {
        const auto there = backend.find(label);
        if (there == backend.end()) continue;
        for (const std::string& secret : secrets) {
            const auto cut = [&](const std::string& other) { return is_cut(other, secret); };
            if (std::ranges::find(there->second, secret) != there->second.end()) {
                bound = bound || (is_bound(label) && secret.size() >= kSecretDigits);
            } else if (!is_updated(label) && std::ranges::none_of(there->second, cut)) {
                return KeyLogMatch::differs;
            }
        }
    }
    if (!bound) return KeyLogMatch::unbound;
    return client.contains(kEarly) ? KeyLogMatch::early : KeyLogMatch::same;
}

}  // namespace

std::string_view to_string(KeyLogMatch match) {
    switch (match) {
        case KeyLogMatch::same:
            return "same";
        case KeyLogMatch::early:
            return "early";
        case KeyLogMatch::differs:
            return "differs";
        case KeyLogMatch::not_seen:
            return "not_seen";
        case KeyLogMatch::unbound:
            break;
    }
    return "unbound";
}

LooksLike looks_like(std::string_view text) {
    if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
    if (text.starts_with('{')) return LooksLike::other;  // a witness's
    LooksLike looks = LooksLike::nothing;
    while (!text.empty()) {
        std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        if (line.empty() || line == "\r" || line.starts_with('#')) continue;
        const std::string_view label = take_word(line);
        if (label == "RSA" || tells_of_a_session(label)) return LooksLike::key_log;
        looks = LooksLike::other;
    }
    return looks;
}

std::size_t KeyLogComparison::count(KeyLogMatch match) const {
    return static_cast<std::size_t>(std::ranges::count(sessions, match, &KeyLogSession::match));
}

KeyLogAnswer answer_of(const KeyLogComparison& found, std::optional<std::size_t> expected) {
    const std::size_t all = found.sessions.size();
    const std::size_t elsewhere = found.count(KeyLogMatch::not_seen);
    const std::size_t here = all - elsewhere;
    if (found.count(KeyLogMatch::differs) > 0) {
        return {Exit::no,
                "a session of the client reached the backend with other secrets: somebody in "
                "between terminates TLS"};
    }
    if (all == 0 || found.backend_sessions == 0) {
        return {Exit::inconclusive,
                fmt::format("nothing was shown: the {}'s log tells of no session, as if none were "
                            "written",
                            all == 0 ? "client" : "backend")};
    }
    if (expected && all < *expected) {
        return {Exit::inconclusive,
                fmt::format("nothing was shown: {} sessions were expected, and the client's log "
                            "tells of {}",
                            *expected, all)};
    }
    if (here < expected.value_or(1) && found.backend_torn_line > 0) {
        return {
            Exit::inconclusive,
            fmt::format("not shown: line {} of the backend's log is torn, and may be of a session "
                        "that is not in it otherwise",
                        found.backend_torn_line)};
    }
    if (here < expected.value_or(1)) {
        return {Exit::no,
                "a session of the client did not end at the backend: somebody in between "
                "terminates TLS, or that backend's log is not complete"};
    }
    if (!expected && elsewhere > 0) {
        return {Exit::inconclusive,
                fmt::format("{} of the client's sessions {} not in the backend's log: for other "
                            "hosts, which a key log does not tell, or terminated in between; "
                            "--expect N says how many were for this backend",
                            elsewhere, elsewhere == 1 ? "is" : "are")};
    }
    if (found.count(KeyLogMatch::unbound) > 0) {
        return {Exit::inconclusive,
                "not shown: a session is in both logs, but what both have of it is bound to no "
                "handshake"};
    }
    if (!expected && found.torn_line > 0) {
        return {
            Exit::inconclusive,
            fmt::format("not shown: line {} of the client's log is torn, and may be of one session "
                        "more; say --expect N",
                        found.torn_line)};
    }
    if (!expected && found.torn) {
        return {Exit::inconclusive,
                "not shown: the client's log ends amid a line, which may be of one session more; "
                "end that client first, or say --expect N"};
    }
    if (found.count(KeyLogMatch::early) > 0) {
        return {Exit::readable,
                "a session of the client began with early data, which whoever has the key of the "
                "backend's tickets can read and change unseen: turn 0-RTT off"};
    }
    return {Exit::yes, fmt::format("{} ended at the backend; whoever has these logs can read them "
                                   "all, so delete them",
                                   elsewhere > 0 ? "as many TLS sessions of the client as expected"
                                                 : "every TLS session of the client")};
}

Result<std::vector<ExporterSecret>, std::string> exporter_secrets(std::string_view client) {
    const auto log = read(client, "client");
    if (!log) return std::unexpected(log.error());
    // Whoever looks for a session's exporter must not miss one.
    if (log->torn_line > 0) return std::unexpected(not_a_line(log->torn_line, "client"));
    std::vector<ExporterSecret> sessions;
    sessions.reserve(log->order.size());
    for (const std::string& random : log->order) {
        const auto& secrets = log->sessions.find(random)->second;
        const bool tls_1_3 = !secrets.contains(kMaster);
        const auto found = secrets.find(tls_1_3 ? "EXPORTER_SECRET" : kMaster);
        const std::vector<std::string> none = {""};
        for (const std::string& secret : found == secrets.end() ? none : found->second) {
            sessions.push_back({.tls_1_3 = tls_1_3, .client_random = random, .hex = secret});
        }
    }
    return sessions;
}

Result<KeyLogComparison, std::string> match_key_logs(std::string_view client,
                                                     std::string_view backend) {
    const auto here = read(client, "client");
    if (!here) return std::unexpected(here.error());
    const auto there = read(backend, "backend");
    if (!there) return std::unexpected(there.error());
    KeyLogComparison comparison{.backend_sessions = there->sessions.size(),
                                .client_passed_over = here->passed_over,
                                .torn = here->ends_torn,
                                .torn_line = here->torn_line,
                                .backend_torn_line = there->torn_line,
                                .backend_passed_over = there->passed_over};
    for (const std::string& random : here->order) {
        const auto& secrets = here->sessions.find(random)->second;
        const auto seen = there->sessions.find(random);
        comparison.sessions.push_back({.client_random = random,
                                       .match = seen == there->sessions.end()
                                                    ? KeyLogMatch::not_seen
                                                    : compare(secrets, seen->second),
                                       .tls_1_3 = !secrets.contains(kMaster)});
    }
    return comparison;
}

}  // namespace sni::proof
