#include "lab/witness/ops.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "lab/proof/match/record.h"
#include "lab/proof/witness_fields.h"

namespace sni::witness {

namespace {

using Kind = admin::Family::Kind;

void add_figures(std::vector<admin::Family>& all, const Record::Figures& figures,
                 std::size_t lost_lines) {
    const auto add = [&](Kind kind, const char* name, const char* help, auto value) {
        all.push_back({kind, name, help, {{static_cast<double>(value), {}, {}}}});
    };
    add(Kind::gauge, "sni_lab_witness_sessions_kept", "Ended connections that it remembers.",
        figures.kept);
    add(Kind::gauge, "sni_lab_witness_sessions_kept_max", "So many it may remember.", figures.keep);
    add(Kind::counter, "sni_lab_witness_sessions_let_go_total",
        "Connections that it remembers no more.", figures.let_go);
    add(Kind::counter, "sni_lab_witness_log_lost_lines_total",
        "Connections that the log's disk or reader did not take.", lost_lines);
    add(Kind::gauge, "sni_lab_witness_complete_since_seconds",
        "Of all that began after this time it has a record, in seconds since 1970.",
        static_cast<double>(figures.complete_since.time_since_epoch().count()) / 1e3);
}

}  // namespace

std::string sessions_json(const Record& record, const std::string& name, proof::Moment run) {
    const Record::Snapshot taken = record.snapshot();
    const Record::Figures& figures = taken.figures;
    std::string text =
        proof::canonical({{"schema", proof::kWitnessPageSchema},
                          {"witness", name},
                          {"time_ms", figures.time.time_since_epoch().count()},
                          {"complete_since_ms", figures.complete_since.time_since_epoch().count()},
                          {"let_go", figures.let_go},
                          {"run_ms", run.time_since_epoch().count()}});
    // One behind the other: all of them as values of JSON would take ten times as much memory.
    text.back() = ',';
    constexpr std::size_t kUsual = 1'200;
    text.reserve(taken.sessions.size() * kUsual);
    text += "\"sessions\":[";
    bool first = true;
    for (const PackedSession& one : taken.sessions) {
        text += std::exchange(first, false) ? "\n" : ",\n";
        text += proof::canonical(to_json(one.unpacked()));
    }
    text += "\n]}\n";
    return text;
}

admin::Page Ops::sessions_page(std::string_view query) const {
    if (query.empty()) return admin::json_page(sessions_json(record_, name_, run_));
    const auto question = proof::parse_witness_query(query);
    if (!question) return {.status = 400, .body = question.error() + "\n"};
    if (may_sign_ && !may_sign_()) {
        return {.status = 503,
                .body =
                    "nothing is signed: the identity is the key of a certificate that the "
                    "service serves\n"};
    }
    const std::string document = encode(record_.answer(*question, name_));
    const std::string message = proof::witness_bytes(document);
    return admin::json_page(encode(proof::Envelope{document, identity_.sign(as_bytes(message))}));
}

admin::Pages Ops::own_pages() const {
    admin::Pages pages = router::Ops::own_pages();
    pages.erase("/routes");
    pages["/sessions"] = [this](std::string_view query) { return sessions_page(query); };
    pages["/metrics"] = [this] {
        auto all = figures();
        if (all) add_figures(*all, record_.figures(), log_ ? log_->lost() : 0);
        return metrics_page(all);
    };
    return pages;
}

}  // namespace sni::witness
