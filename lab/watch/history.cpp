#include "lab/watch/history.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "lab/core/encoding.h"

namespace sni::watch {

namespace {

using admin::Family;
using proof::Verdict;
using Kind = Family::Kind;

std::string leaf_of(const proof::Check& check) {
    return check.seen.certificate ? to_hex(check.seen.certificate->sha256) : "";
}

/// Where two have one verdict, and yet only one of them is as it must be, what tells them apart.
std::pair<std::string_view, std::string_view> verdicts_of(const proof::Check& before,
                                                          const proof::Check& now) {
    if (before.verdict != now.verdict || before.counted() == now.counted())
        return {to_string(before.verdict), to_string(now.verdict)};
    const auto word = [](const proof::Check& check) {
        return check.refused_as_expected() ? "refused" : to_string(check.counted());
    };
    return {word(before), word(now)};
}

/// A check of one address among several has that in its name.
std::string question_of(const proof::Check& check) {
    std::string question = check.name;
    const std::string at = " at " + check.address.value_or("");
    if (const std::size_t found = question.find(at); check.address && found != std::string::npos)
        question.erase(found, at.size());
    return question;
}

admin::Labels labels_of(const Subject& subject) {
    return {{"gateway", subject.gateway},
            {"sni", subject.sni},
            {"address", subject.address},
            {"check", subject.check}};
}

admin::Labels with(admin::Labels labels, const char* name, std::string value) {
    labels.emplace_back(name, std::move(value));
    return labels;
}

/// A family with a sample for each entry that `of` has a value for.
template <class Value>
Family each(const History& history, Kind kind, const char* name, const char* help, Value of) {
    Family family{kind, fmt::format("sni_lab_passthrough{}", name), help, {}};
    for (const auto& [subject, entry] : history.entries()) {
        const std::optional<double> value = of(entry);
        if (value) family.samples.push_back({*value, labels_of(subject), {}});
    }
    return family;
}

double one_if(bool holds) {
    return holds ? 1 : 0;
}

/// How old all of it is.
std::vector<Family> age_metrics(const History& history, bool stale) {
    std::vector<Family> all;
    if (const auto latest = history.latest()) {
        all.push_back({Kind::gauge,
                       "sni_lab_passthrough_last_round_seconds",
                       "When all had been asked last, in seconds since 1970.",
                       {{static_cast<double>(latest->time_since_epoch().count()), {}, {}}}});
    }
    all.push_back({Kind::gauge,
                   "sni_lab_passthrough_stale",
                   "1 when that is too long ago: a round hangs, or none is made any more.",
                   {{one_if(stale), {}, {}}}});
    return all;
}

/// Where a question names none: the only name that is watched at `gateway`; empty: none, or
/// several.
std::string_view only_name(const History& history, std::string_view gateway) {
    std::set<std::string_view> names;
    for (const auto& [subject, entry] : history.entries()) {
        if (subject.gateway == gateway) names.insert(subject.sni);
    }
    return names.size() == 1 ? *names.begin() : "";
}

}  // namespace

std::string to_string(const Change& change) {
    const Subject& subject = change.subject;
    return fmt::format("{} {}{} {}: {} {} → {}", sni::to_string(change.time),
                       printable(subject.gateway),
                       subject.address.empty() || subject.address == subject.gateway
                           ? ""
                           : fmt::format(" ({})", printable(subject.address)),
                       subject.check.empty() ? "(no SNI)" : printable(subject.check), change.what,
                       change.from.empty() ? "none" : printable(change.from),
                       change.to.empty() ? "none" : printable(change.to));
}

bool Freshness::stale(Clock::time_point now, std::chrono::milliseconds every) const {
    constexpr Clock::duration kLeast = std::chrono::minutes(1);
    return ended_ && now - *ended_ > std::max<Clock::duration>(3 * (every + took_), kLeast);
}

std::vector<Change> History::add(const report::Report& report,
                                 std::optional<std::chrono::sys_seconds> ended) {
    std::vector<Change> changes;
    std::set<Subject> seen;
    const bool first = rounds_++ == 0;
    latest_ = ended.value_or(report.time);
    const auto note = [&](const Subject& subject, const char* what, std::string from,
                          std::string to) {
        if (!first && from != to)
            changes.push_back({report.time, subject, what, std::move(from), std::move(to)});
    };
    for (const proof::Check& check : report.checks) {
        Subject subject{check.gateway, check.address.value_or(""), check.sni.value_or(""),
                        question_of(check)};
        adopt(subject, seen);
        seen.insert(subject);
        const auto [at, fresh] = entries_.try_emplace(subject);
        Entry& entry = at->second;
        if (fresh) {
            if (!subject.address.empty()) note(subject, "address", "", subject.address);
        } else {
            const auto [from, to] = verdicts_of(entry.last, check);
            note(subject, "verdict", std::string(from), std::string(to));
            // A round that saw none, as while the gateway was down, tells nothing of it.
            if (check.seen.certificate && !entry.leaf.empty())
                note(subject, "certificate", entry.leaf, leaf_of(check));
        }
        if (check.seen.certificate) entry.leaf = leaf_of(check);
        const bool proven = check.counted() == Verdict::proven;  // or refused, as it must be
        ++entry.probes;
        entry.proven += proven ? 1 : 0;
        entry.in_a_row = proven ? entry.in_a_row + 1 : 0;
        entry.last = check;
        // What nobody asks of an entry is not kept for ever.
        entry.last.lines.clear();
        entry.last.lines.shrink_to_fit();
    }
    for (auto at = entries_.begin(); at != entries_.end();) {
        if (!seen.contains(at->first)) {
            if (!at->first.address.empty()) note(at->first, "address", at->first.address, "");
            at = entries_.erase(at);
        } else {
            ++at;
        }
    }
    changes_ += changes.size();
    return changes;
}

/// A gateway that does not answer has no address in its report: then it is the one that it was.
void History::adopt(Subject& subject, const std::set<Subject>& taken) {
    if (entries_.contains(subject)) return;
    const auto known = std::ranges::find_if(entries_, [&](const auto& entry) {
        Subject other = entry.first;
        if (!subject.address.empty() && !other.address.empty()) return false;
        other.address = subject.address;
        return other == subject && !taken.contains(entry.first);
    });
    if (known == entries_.end()) return;
    if (subject.address.empty()) {
        subject = known->first;
        return;
    }
    auto node = entries_.extract(known);
    node.key() = subject;
    entries_.insert(std::move(node));
}

double missed(double share, std::uint64_t clean) {
    return std::pow(1 - share, static_cast<double>(clean));
}

std::vector<Family> metrics(const History& history, bool stale) {
    std::vector<Family> all;
    const auto add = [&](Kind kind, const char* name, const char* help, auto of) {
        all.push_back(each(history, kind, name, help, of));
    };
    add(Kind::gauge, "", "1 when the last probe was proven.", [](const History::Entry& entry) {
        return std::optional(one_if(entry.last.counted() == Verdict::proven));
    });
    Family verdicts{
        Kind::gauge, "sni_lab_passthrough_verdict", "1 for the verdict of the last probe.", {}};
    Family sessions{Kind::gauge,
                    "sni_lab_passthrough_tls_info",
                    "Always 1, with version and group of the last probe.",
                    {}};
    Family leaves{Kind::gauge,
                  "sni_lab_passthrough_leaf_info",
                  "Always 1, with the SHA-256 of the certificate that was served.",
                  {}};
    for (const auto& [subject, entry] : history.entries()) {
        const admin::Labels labels = labels_of(subject);
        verdicts.samples.push_back(
            {1, with(labels, "verdict", std::string(to_string(entry.last.verdict))), {}});
        if (const auto& tls = entry.last.seen.client_tls) {
            sessions.samples.push_back(
                {1, with(with(labels, "version", tls->version), "group", tls->group), {}});
        }
        if (entry.last.seen.certificate)
            leaves.samples.push_back({1, with(labels, "sha256", leaf_of(entry.last)), {}});
    }
    all.push_back(std::move(verdicts));
    all.push_back(std::move(sessions));
    all.push_back(std::move(leaves));
    add(Kind::gauge, "_certificate_not_after_seconds",
        "When the certificate that was served ends, in seconds since 1970.",
        [](const History::Entry& entry) -> std::optional<double> {
            const auto& leaf = entry.last.seen.certificate;
            if (!leaf) return std::nullopt;
            return static_cast<double>(leaf->not_after.time_since_epoch().count());
        });
    add(Kind::gauge, "_seconds", "What the last probe took.", [](const History::Entry& entry) {
        return std::optional(std::chrono::duration<double>(entry.last.took).count());
    });
    add(Kind::counter, "_probes_total", "Probes so far.", [](const History::Entry& entry) {
        return std::optional(static_cast<double>(entry.probes));
    });
    add(Kind::counter, "_proven_total", "Of them, those that were proven.",
        [](const History::Entry& entry) {
            return std::optional(static_cast<double>(entry.proven));
        });
    add(Kind::gauge, "_missed_1_in_20",
        "How probable it is that the clean probes since the last other one missed a gateway that "
        "reads one connection in twenty.",
        [](const History::Entry& entry) { return std::optional(missed(0.05, entry.in_a_row)); });
    all.push_back({Kind::counter,
                   "sni_lab_passthrough_changes_total",
                   "Verdicts, certificates and addresses that were others than before.",
                   {{static_cast<double>(history.changes()), {}, {}}}});
    all.push_back({Kind::counter,
                   "sni_lab_passthrough_rounds_total",
                   "How often all was asked.",
                   {{static_cast<double>(history.rounds()), {}, {}}}});
    std::ranges::move(age_metrics(history, stale), std::back_inserter(all));
    return all;
}

std::optional<std::vector<Family>> probe_metrics(const History& history, std::string_view gateway,
                                                 std::optional<std::string_view> sni, bool stale) {
    const std::string_view name = sni ? *sni : only_name(history, gateway);
    bool any = false;
    bool all_proven = true;
    std::chrono::milliseconds took{0};
    std::optional<std::chrono::sys_seconds> ends;
    for (const auto& [subject, entry] : history.entries()) {
        if (subject.gateway != gateway || subject.sni != name) continue;
        any = true;
        all_proven = all_proven && entry.last.counted() == Verdict::proven;
        took = std::max(took, entry.last.took);
        if (const auto& leaf = entry.last.seen.certificate)
            ends = std::min(leaf->not_after, ends.value_or(leaf->not_after));
    }
    if (!any) return std::nullopt;
    std::vector<Family> all = {{Kind::gauge,
                                "probe_success",
                                "1 when every address of it was proven, not too long ago.",
                                {{one_if(all_proven && !stale), {}, {}}}},
                               {Kind::gauge,
                                "probe_duration_seconds",
                                "What the slowest of them took.",
                                {{std::chrono::duration<double>(took).count(), {}, {}}}}};
    if (ends) {
        all.push_back({Kind::gauge,
                       "probe_ssl_earliest_cert_expiry",
                       "When the first of their certificates ends, in seconds since 1970.",
                       {{static_cast<double>(ends->time_since_epoch().count()), {}, {}}}});
    }
    std::ranges::move(age_metrics(history, stale), std::back_inserter(all));
    return all;
}

}  // namespace sni::watch
