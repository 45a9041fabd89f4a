#include "lab/report/matched.h"

#include <map>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace sni::report {

using proof::Fate;

Report report_of(const proof::Matching& matching, std::optional<std::size_t> expected,
                 std::chrono::sys_seconds now, std::string version) {
    std::map<std::string, std::map<Fate, std::vector<const proof::Matched*>>> by_name;
    for (const proof::Matched& one : matching.sessions) {
        by_name[one.session->sni][one.fate].push_back(&one);
    }
    Report report{.lab = LabKind::gateway, .time = now, .version = std::move(version)};
    for (const auto& [name, fates] : by_name) {
        Check check{.name = name.empty() ? "(no SNI)" : name,
                    .gateway = "between two witnesses",
                    .sni = name,
                    .verdict = Verdict::proven};
        for (const auto& [fate, sessions] : fates) {
            const Verdict verdict = verdict_of(fate);
            check.lines.push_back(
                {.name = std::string(to_string(fate)),
                 .mark = verdict == Verdict::proven         ? Mark::pass
                         : verdict == Verdict::inconclusive ? Mark::missing
                                                            : Mark::fail,
                 .text = fmt::format(
                     "{} connection{}{}{}", sessions.size(), sessions.size() == 1 ? "" : "s",
                     sessions.front()->why.empty() ? "" : ", the first: ", sessions.front()->why),
                 .verdict = verdict});
            check.verdict = worse(check.verdict, verdict);
        }
        report.checks.push_back(std::move(check));
    }
    Check whole{.name = "all connections",
                .gateway = "between two witnesses",
                .verdict = Verdict::inconclusive};
    for (std::string& sentence : lacking(matching, expected)) {
        whole.lines.push_back({.name = "lacking",
                               .mark = Mark::missing,
                               .text = std::move(sentence),
                               .verdict = Verdict::inconclusive});
    }
    if (!whole.lines.empty()) report.checks.push_back(std::move(whole));
    return report;
}

}  // namespace sni::report
