#include "lab/admin/ops.h"

#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace sni::admin {

std::vector<Family> common_metrics(std::string_view part, std::string_view reloaded,
                                   std::string_view finishing, const Standing& standing) {
    return {{Family::Kind::gauge,
             "sni_lab_build_info",
             "Always 1, with the version that runs.",
             {{1, {{"version", SNI_LAB_VERSION}}, {}}}},
            {Family::Kind::counter,
             fmt::format("sni_lab_{}_reloads_total", part),
             fmt::format("Reloads of {}; one that failed changed nothing.", reloaded),
             {{static_cast<double>(standing.reloads), {{"result", "ok"}}, {}},
              {static_cast<double>(standing.failed_reloads), {{"result", "failed"}}, {}}}},
            {Family::Kind::gauge,
             fmt::format("sni_lab_{}_draining", part),
             fmt::format("1 while {} may only finish.", finishing),
             {{standing.draining ? 1.0 : 0.0, {}, {}}}}};
}

Page metrics_page(const std::vector<Family>& families) {
    return {.type = kPrometheusType, .body = to_prometheus(families)};
}

std::string json_text(const nlohmann::ordered_json& document) {
    constexpr auto kReplace = nlohmann::ordered_json::error_handler_t::replace;
    return document.dump(2, ' ', false, kReplace) + "\n";
}

Page json_page(std::string text) {
    return {.type = "application/json", .body = std::move(text)};
}

Page not_now(const std::string& why) {
    return {.status = 503, .body = why + "\n"};
}

Pages Ops::pages() const {
    Pages pages = own_pages();
    for (auto& [path, page] : pages) {
        page = [this, make = std::move(page)](std::string_view query) {
            return started() ? make(query) : not_now("starting");
        };
    }
    pages["/healthz"] = [this] {
        const auto why = fault();
        return why ? not_now(*why) : Page{.body = "ok\n"};
    };
    pages["/readyz"] = [this] {
        if (draining_) return not_now("draining");
        if (!started()) return not_now("starting");
        const auto why = fault();
        return why ? not_now(*why) : Page{.body = "ready\n"};
    };
    return pages;
}

}  // namespace sni::admin
