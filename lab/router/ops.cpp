#include "lab/router/ops.h"

#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "lab/core/encoding.h"

namespace sni::router {

namespace {

using Json = nlohmann::ordered_json;
using Kind = admin::Family::Kind;

/// Of each thread: more would keep it from its work for too long.
constexpr std::size_t kListed = 1'000;

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

constexpr const char* kSilent = "a thread of the router does not answer";

}  // namespace

std::vector<admin::Family> metrics(const Snapshot& snapshot, const Standing& standing) {
    const Counters& counters = snapshot.counters;
    auto all = admin::common_metrics("router", "the routes", "connections", standing.common);
    const auto add = [&](Kind kind, std::string_view name, const char* help, auto value) {
        all.push_back({kind,
                       fmt::format("sni_lab_router_{}", name),
                       help,
                       {{static_cast<double>(value), {}, {}}}});
    };
    const auto gauge = std::bind_front(add, Kind::gauge);
    const auto counter = std::bind_front(add, Kind::counter);
    gauge("connections", "Connections that are open now.", snapshot.live);
    gauge("connections_max", "Connections that may be open at once; beyond it clients wait.",
          standing.max_connections);
    gauge("stalled_hellos", "Hellos that wait for the rest of them, or for a backend.",
          snapshot.stalled);
    gauge("stalled_hello_bytes", "What they hold.", snapshot.stalled_bytes);
    gauge("stalled_hello_bytes_max", "What they may hold; beyond it the oldest is refused.",
          snapshot.stalled_most);
    gauge("held", "Sides that do not take what was read for them.", snapshot.held);
    gauge("held_bytes", "What is held for them.", snapshot.held_bytes);
    gauge("held_bytes_max",
          "What may be held; beyond it the side that took nothing for longest is cut.",
          snapshot.held_most);
    gauge("pipes", "Pipes that bulk goes through without being copied.", snapshot.pipes);
    gauge("pipes_max", "Pipes that there may be; beyond it bulk is copied.", snapshot.pipes_most);
    counter("too_slow_total", "Connections that were cut for that.", counters.too_slow);
    gauge("accepting", "0 while a thread cannot accept clients.", !snapshot.trouble);
    gauge("routes", "Names that are routed.", standing.routes);
    counter("access_log_lost_lines_total",
            "Lines that the access log's disk or reader did not take.",
            standing.lost_log_lines + counters.lost_records);
    gauge("threads", "Threads that route.", standing.threads);

    all.push_back({Kind::counter,
                   "sni_lab_router_connections_total",
                   "Connections that have ended, by what became of them.",
                   {}});
    for (std::size_t i = 0; i < kOutcomes; ++i) {
        const std::string word(to_string(static_cast<Outcome>(i)));
        all.back().samples.push_back(
            {static_cast<double>(counters.ended[i]), {{"outcome", word}}, {}});
    }
    all.push_back({Kind::counter,
                   "sni_lab_router_bytes_total",
                   "Bytes passed on: up to backends, the hello included, and down to clients.",
                   {{static_cast<double>(counters.bytes_up), {{"direction", "up"}}, {}},
                    {static_cast<double>(counters.bytes_down), {{"direction", "down"}}, {}}}});
    all.push_back(histogram("sni_lab_router_hello_seconds",
                            "From accept to a hello that is whole, or plainly none.",
                            counters.hello));
    all.push_back(histogram("sni_lab_router_connect_seconds",
                            "From the hello to a backend that is connected.", counters.connect));
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
    return admin::json_text({{"live", snapshot.live},
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
    return admin::json_text(
        {{"routes", std::move(routes)},
         {"non_tls", table.non_tls() ? as_json(*table.non_tls()) : Json(nullptr)}});
}

/// Every thread answers and, while it should, accepts; draining included.
std::optional<std::string> Ops::fault() const {
    const Router* router = router_;
    if (!router) return std::nullopt;
    const auto snapshot = router->snapshot();
    if (!snapshot) return kSilent;
    if (!snapshot->trouble) return std::nullopt;
    return "a thread of the router cannot accept clients: " +
           std::generic_category().message(*snapshot->trouble);
}

std::optional<std::vector<admin::Family>> Ops::figures() const {
    const Router& router = *router_;
    const auto snapshot = router.snapshot();
    if (!snapshot) return std::nullopt;
    return metrics(*snapshot, {.threads = router.threads(),
                               .max_connections = router.max_connections(),
                               .routes = router.table()->routes().routes().size(),
                               .lost_log_lines = log_ ? log_->lost() : 0,
                               .common = standing()});
}

admin::Page Ops::metrics_page(const std::optional<std::vector<admin::Family>>& figures) {
    return figures ? admin::metrics_page(*figures) : admin::not_now(kSilent);
}

admin::Pages Ops::own_pages() const {
    return {{"/metrics", [this] { return metrics_page(figures()); }},
            {"/connections",
             [this] {
                 const auto snapshot = router_.load()->snapshot(kListed);
                 return snapshot ? admin::json_page(connections_json(*snapshot))
                                 : admin::not_now(kSilent);
             }},
            {"/routes", [this] {
                 return admin::json_page(routes_json(*router_.load()->table(), Clock::now()));
             }}};
}

}  // namespace sni::router
