#include "lab/watch/ops.h"

#include <nlohmann/json.hpp>

#include "certs/clock.h"
#include "lab/http/query.h"
#include "lab/report/json.h"

namespace sni::watch {

std::vector<Change> Ops::add(const report::Report& report, Freshness::Clock::time_point began) {
    std::string text = report::print(report::to_json(report));
    const std::lock_guard lock(mutex_);
    freshness_.round(began, Freshness::Clock::now());
    report_ = std::move(text);
    return history_.add(report, wall_clock());
}

bool Ops::stale() const {
    return freshness_.stale(Freshness::Clock::now(), every_);
}

bool Ops::started() const {
    const std::lock_guard lock(mutex_);
    return history_.rounds() > 0;
}

admin::Page Ops::probe_page(std::string_view query) const {
    const http::Fields fields = http::parse_query(query);
    const std::string* target = http::find_field(fields, "target");
    const std::string* sni = http::find_field(fields, "sni");
    if (!target) return {.status = 400, .body = "target= is missing: as in ?target=HOST:PORT\n"};
    const std::lock_guard lock(mutex_);
    const auto found = probe_metrics(
        history_, *target, sni ? std::optional<std::string_view>(*sni) : std::nullopt, stale());
    if (found) return admin::metrics_page(*found);
    std::string known;
    for (const auto& [subject, entry] : history_.entries()) {
        known += "  " + subject.gateway + " " + subject.sni + "\n";
    }
    return {.status = 404,
            .body = "that is not watched, or sni= has to name which; what is:\n" + known};
}

admin::Pages Ops::own_pages() const {
    return {{"/metrics",
             [this] {
                 const std::lock_guard lock(mutex_);
                 return admin::metrics_page(metrics(history_, stale()));
             }},
            {"/probe", [this](std::string_view query) { return probe_page(query); }},
            {"/report", [this] {
                 const std::lock_guard lock(mutex_);
                 return admin::json_page(report_);
             }}};
}

}  // namespace sni::watch
