#include "lab/router/ops.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include <nlohmann/json.hpp>

#include "lab/core/encoding.h"

namespace sni::router {

namespace {

using Json = nlohmann::ordered_json;
using Kind = admin::Family::Kind;

/// Of each thread: more would keep it from its work for too long.
constexpr std::size_t kListed = 1'000;
constexpr const char* kJsonType = "application/json";

admin::Family one(Kind kind, std::string name, std::string help, double value) {
    return {kind, std::move(name), std::move(help), {{value, {}, {}}}};
}

admin::Family histogram(std::string name, std::string help, const Histogram& times) {
    std::array<double, Histogram::kBounds.size()> seconds{};
    std::ranges::transform(Histogram::kBounds, seconds.begin(),
                           [](std::int64_t bound) { return static_cast<double>(bound) / 1e6; });
    return admin::histogram(std::move(name), std::move(help), seconds, times.counts,
                            std::chrono::duration<double>(times.sum).count());
}

/// What a name resolves to now, and why the last look-up failed, if it did.
Json resolved_json(const Name& name, Clock::time_point now) {
    Json addresses = Json::array();
    for (const Address& address : *name.addresses()) {
        addresses.push_back(
            {{"address", to_string(address.endpoint)}, {"resting", address.health->rests(now)}});
    }
    const std::string error = name.error();
    return {{"resolved", std::move(addresses)},
            {"error", error.empty() ? Json(nullptr) : Json(error)}};
}

std::string text(const Json& document) {
    return document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

admin::Page not_now(std::string_view why) {
    return {.status = 503, .body = std::string(why) + "\n"};
}

constexpr const char* kStarting = "starting";
constexpr const char* kSilent = "a thread of the router does not answer";

/// What keeps a thread from its work, if something does.
std::optional<admin::Page> fault_of(const Router& router) {
    const auto snapshot = router.snapshot();
    if (!snapshot) return not_now(kSilent);
    if (!snapshot->trouble) return std::nullopt;
    return not_now("a thread of the router cannot accept clients: " +
                   std::generic_category().message(*snapshot->trouble));
}

}  // namespace

std::vector<admin::Family> metrics(const Snapshot& snapshot, const Standing& standing) {
    const auto number = [](auto count) { return static_cast<double>(count); };
    const Counters& counters = snapshot.counters;
    std::vector<admin::Family> all;
    all.push_back({Kind::gauge,
                   "sni_lab_build_info",
                   "Always 1, with the version that runs.",
                   {{1, {{"version", SNI_LAB_VERSION}}, {}}}});
    admin::Family ended{Kind::counter,
                        "sni_lab_router_connections_total",
                        "Connections that have ended, by what became of them.",
                        {}};
    for (std::size_t i = 0; i < kOutcomes; ++i) {
        const std::string word(to_string(static_cast<Outcome>(i)));
        ended.samples.push_back({number(counters.ended[i]), {{"outcome", word}}, {}});
    }
    all.push_back(std::move(ended));
    all.push_back(one(Kind::gauge, "sni_lab_router_connections", "Connections that are open now.",
                      number(snapshot.live)));
    all.push_back(one(Kind::gauge, "sni_lab_router_connections_max",
                      "Connections that may be open at once; beyond it clients wait.",
                      number(standing.max_connections)));
    all.push_back({Kind::counter,
                   "sni_lab_router_bytes_total",
                   "Bytes passed on: up to backends, the hello included, and down to clients.",
                   {{number(counters.bytes_up), {{"direction", "up"}}, {}},
                    {number(counters.bytes_down), {{"direction", "down"}}, {}}}});
    all.push_back(histogram("sni_lab_router_hello_seconds",
                            "From accept to a hello that is whole, or plainly none.",
                            counters.hello));
    all.push_back(histogram("sni_lab_router_connect_seconds",
                            "From the hello to a backend that is connected.", counters.connect));
    all.push_back(one(Kind::gauge, "sni_lab_router_stalled_hellos",
                      "Hellos that wait for the rest of them, or for a backend.",
                      number(snapshot.stalled)));
    all.push_back(one(Kind::gauge, "sni_lab_router_stalled_hello_bytes", "What they hold.",
                      number(snapshot.stalled_bytes)));
    all.push_back(one(Kind::gauge, "sni_lab_router_stalled_hello_bytes_max",
                      "What they may hold; beyond it the oldest is refused.",
                      number(snapshot.stalled_most)));
    all.push_back(one(Kind::gauge, "sni_lab_router_held",
                      "Sides that do not take what was read for them.", number(snapshot.held)));
    all.push_back(one(Kind::gauge, "sni_lab_router_held_bytes", "What is held for them.",
                      number(snapshot.held_bytes)));
    all.push_back(one(Kind::gauge, "sni_lab_router_held_bytes_max",
                      "What may be held; beyond it the side that took nothing for longest is cut.",
                      number(snapshot.held_most)));
    all.push_back(one(Kind::counter, "sni_lab_router_too_slow_total",
                      "Connections that were cut for that.", number(counters.too_slow)));
    all.push_back(one(Kind::gauge, "sni_lab_router_accepting",
                      "0 while a thread cannot accept clients.", number(!snapshot.trouble)));
    all.push_back(one(Kind::gauge, "sni_lab_router_routes", "Names that are routed.",
                      number(standing.routes)));
    all.push_back({Kind::counter,
                   "sni_lab_router_reloads_total",
                   "Reloads of the routes; one that failed changed nothing.",
                   {{number(standing.reloads), {{"result", "ok"}}, {}},
                    {number(standing.failed_reloads), {{"result", "failed"}}, {}}}});
    all.push_back(one(Kind::counter, "sni_lab_router_access_log_lost_lines_total",
                      "Lines that the access log's disk or reader did not take.",
                      number(standing.lost_log_lines + counters.lost_records)));
    all.push_back(one(Kind::gauge, "sni_lab_router_threads", "Threads that route.",
                      number(standing.threads)));
    all.push_back(one(Kind::gauge, "sni_lab_router_draining",
                      "1 while connections may only finish.", number(standing.draining)));
    return all;
}

std::string connections_json(const Snapshot& snapshot) {
    std::vector<const LiveConnection*> newest_first;
    newest_first.reserve(snapshot.connections.size());
    for (const LiveConnection& connection : snapshot.connections) {
        newest_first.push_back(&connection);
    }
    std::ranges::sort(newest_first, {}, [](const LiveConnection* connection) {
        return std::pair(connection->age, connection->id);
    });
    Json listed = Json::array();
    for (const LiveConnection* connection : newest_first) {
        const auto& [id, client, state, sni, backend, up, down, age] = *connection;
        listed.push_back(
            {{"id", id},
             {"client", to_string(client)},
             {"sni", sni ? Json(printable(*sni)) : Json(nullptr)},
             {"backend", backend ? Json(to_string(*backend)) : Json(nullptr)},
             {"state", to_string(state)},
             {"bytes_up", up},
             {"bytes_down", down},
             {"age_ms", std::chrono::duration_cast<std::chrono::milliseconds>(age).count()}});
    }
    const std::size_t count = listed.size();
    const std::size_t left_out = snapshot.live - std::min(snapshot.live, count);
    return text({{"live", snapshot.live},
                 {"listed", count},
                 {"left_out", left_out},
                 {"connections", std::move(listed)}});
}

std::string routes_json(const Table& table, Clock::time_point now) {
    const auto as_json = [&](const route::Route& route) {
        Json backends = Json::array();
        for (const route::Backend& backend : route.backends) {
            backends.push_back({{"address", to_string(backend.endpoint)},
                                {"weight", backend.weight},
                                {"resting", table.rests(backend, now)}});
            const Name* name = table.name(backend.endpoint);
            if (name) backends.back().update(resolved_json(*name, now));
        }
        return backends;
    };
    Json routes = Json::array();
    for (const route::Route& route : table.routes().routes()) {
        routes.push_back({{"name", route.pattern.text()}, {"backends", as_json(route)}});
    }
    return text({{"routes", std::move(routes)},
                 {"non_tls", table.non_tls() ? as_json(*table.non_tls()) : Json(nullptr)}});
}

admin::Pages Ops::pages() const {
    return {
        {"/metrics", [this] { return metrics_page(); }},
        {"/routes", [this] { return routes_page(); }},
        {"/connections", [this] { return connections_page(); }},
        {"/healthz", [this] { return health_page(); }},
        {"/readyz", [this] { return ready_page(); }},
    };
}

admin::Page Ops::metrics_page() const {
    const Router* router = router_;
    if (!router) return not_now(kStarting);
    const auto snapshot = router->snapshot();
    if (!snapshot) return not_now(kSilent);
    const Standing standing{.threads = router->threads(),
                            .max_connections = router->max_connections(),
                            .routes = router->table()->routes().routes().size(),
                            .reloads = reloads_,
                            .failed_reloads = failed_reloads_,
                            .lost_log_lines = log_ ? log_->lost() : 0,
                            .draining = draining_};
    return {.type = admin::kPrometheusType,
            .body = admin::to_prometheus(metrics(*snapshot, standing))};
}

admin::Page Ops::connections_page() const {
    const Router* router = router_;
    if (!router) return not_now(kStarting);
    const auto snapshot = router->snapshot(kListed);
    if (!snapshot) return not_now(kSilent);
    return {.type = kJsonType, .body = connections_json(*snapshot)};
}

admin::Page Ops::routes_page() const {
    const Router* router = router_;
    if (!router) return not_now(kStarting);
    return {.type = kJsonType, .body = routes_json(*router->table(), Clock::now())};
}

/// Healthy when every thread answers and, while it should, accepts; draining included.
admin::Page Ops::health_page() const {
    const Router* router = router_;
    if (router) {
        if (auto fault = fault_of(*router)) return std::move(*fault);
    }
    return {.body = "ok\n"};
}

admin::Page Ops::ready_page() const {
    if (draining_) return not_now("draining");
    const Router* router = router_;
    if (!router) return not_now(kStarting);
    if (auto fault = fault_of(*router)) return std::move(*fault);
    return {.body = "ready\n"};
}

}  // namespace sni::router
