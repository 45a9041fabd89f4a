#include "lab/backend/ops.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "lab/core/cert_facts.h"
#include "lab/core/encoding.h"

namespace sni::backend {

namespace {

using Json = nlohmann::ordered_json;
using Kind = admin::Family::Kind;

/// For so long a thread may be at something else before it is taken for stuck.
constexpr std::chrono::seconds kPatience{1};

double number(std::uint64_t count) {
    return static_cast<double>(count);
}

/// A sample for each backend.
admin::Family each(Kind kind, std::string name, std::string help,
                   std::span<const NamedSnapshot> backends, std::uint64_t (*of)(const Snapshot&)) {
    admin::Family family{kind, std::move(name), std::move(help), {}};
    for (const auto& [backend, snapshot] : backends) {
        family.samples.push_back({number(of(snapshot)), {{"backend", backend}}, {}});
    }
    return family;
}

Json text_or_null(const std::string& text) {
    return text.empty() ? Json(nullptr) : Json(text);
}

admin::Page not_now(const char* why) {
    return {.status = 503, .body = std::string(why) + "\n"};
}

constexpr const char* kStarting = "starting";

}  // namespace

std::vector<admin::Family> metrics(std::span<const NamedSnapshot> backends,
                                   const Standing& standing) {
    std::vector<admin::Family> all;
    all.push_back({Kind::gauge,
                   "sni_lab_build_info",
                   "Always 1, with the version that runs.",
                   {{1, {{"version", SNI_LAB_VERSION}}, {}}}});
    all.push_back(each(Kind::counter, "sni_lab_backend_connections_total",
                       "Connections that were accepted, with TLS and without.", backends,
                       [](const Snapshot& s) { return s.accepted; }));
    all.push_back(each(Kind::gauge, "sni_lab_backend_connections", "Connections that are open now.",
                       backends, [](const Snapshot& s) { return std::uint64_t{s.connections}; }));
    all.push_back(each(Kind::gauge, "sni_lab_backend_connections_max",
                       "Connections that may be open at once; beyond it idle ones are closed.",
                       backends,
                       [](const Snapshot& s) { return std::uint64_t{s.max_connections}; }));
    all.push_back(each(Kind::gauge, "sni_lab_backend_held_bytes",
                       "What requests that arrive and answers that leave hold.", backends,
                       [](const Snapshot& s) { return std::uint64_t{s.held_bytes}; }));
    all.push_back(each(Kind::gauge, "sni_lab_backend_held_bytes_max",
                       "What they may hold; who comes on top of it gets 503.", backends,
                       [](const Snapshot& s) { return std::uint64_t{s.max_held_bytes}; }));
    all.push_back(each(Kind::gauge, "sni_lab_backend_stalled_hello_bytes",
                       "What ClientHellos hold of which a part came, and the rest is waited for.",
                       backends, [](const Snapshot& s) { return std::uint64_t{s.hello_bytes}; }));
    all.push_back(each(Kind::gauge, "sni_lab_backend_stalled_hello_bytes_max",
                       "What they may hold; beyond it the oldest is closed.", backends,
                       [](const Snapshot& s) { return std::uint64_t{s.max_hello_bytes}; }));
    admin::Family handshakes{Kind::counter,
                             "sni_lab_backend_handshakes_total",
                             "TLS handshakes that have ended, by what became of them.",
                             {}};
    admin::Family answers{Kind::counter,
                          "sni_lab_backend_answers_total",
                          "Requests, by the first digit of the answer's status; none: a fault on "
                          "request.",
                          {}};
    for (const auto& [backend, snapshot] : backends) {
        const auto handshake = [&](const char* outcome, std::uint64_t count) {
            handshakes.samples.push_back(
                {number(count), {{"backend", backend}, {"outcome", outcome}}, {}});
        };
        handshake("full", snapshot.established - snapshot.resumed);
        handshake("resumed", snapshot.resumed);
        handshake("failed", snapshot.failed);
        static constexpr std::array<const char*, 6> kClasses = {"none", "1xx", "2xx",
                                                                "3xx",  "4xx", "5xx"};
        for (std::size_t i = 0; i < kClasses.size(); ++i) {
            answers.samples.push_back(
                {number(snapshot.answers[i]), {{"backend", backend}, {"status", kClasses[i]}}, {}});
        }
    }
    all.push_back(std::move(handshakes));
    all.push_back(std::move(answers));
    all.push_back(each(Kind::counter, "sni_lab_backend_answer_bytes_total",
                       "Bytes of answers, heads included, before TLS.", backends,
                       [](const Snapshot& s) { return s.answer_bytes; }));
    all.push_back(each(Kind::counter, "sni_lab_backend_cut_answers_total",
                       "Answers of which the client did not take all.", backends,
                       [](const Snapshot& s) { return s.cut_answers; }));
    all.push_back(each(Kind::gauge, "sni_lab_backend_threads", "Threads that answer.", backends,
                       [](const Snapshot& s) { return std::uint64_t{s.threads}; }));
    all.push_back(each(Kind::gauge, "sni_lab_backend_running_threads",
                       "Of them, those that have work and are not asleep in it.", backends,
                       [](const Snapshot& s) { return std::uint64_t{s.running}; }));
    all.push_back(each(Kind::gauge, "sni_lab_backend_queued_connections",
                       "Connections that could go on and wait for a thread.", backends,
                       [](const Snapshot& s) { return std::uint64_t{s.queued}; }));
    all.push_back({Kind::counter,
                   "sni_lab_backend_reloads_total",
                   "Reloads of the certificate; one that failed changed nothing.",
                   {{number(standing.reloads), {{"result", "ok"}}, {}},
                    {number(standing.failed_reloads), {{"result", "failed"}}, {}}}});
    all.push_back({Kind::gauge,
                   "sni_lab_backend_draining",
                   "1 while requests may only finish.",
                   {{standing.draining ? 1.0 : 0.0, {}, {}}}});
    return all;
}

std::string sessions_json(std::vector<NamedSession> sessions) {
    // Each backend's own are in order already, and seconds say little of what is within one.
    std::ranges::stable_sort(sessions, std::ranges::greater{},
                             [](const NamedSession& named) { return named.second.time; });
    Json listed = Json::array();
    for (const auto& [backend, session] : sessions) {
        const auto& hello = session.hello_sha256;
        const auto& source = session.proxy_source;
        listed.push_back({{"time", sni::to_string(session.time)},
                          {"peer", to_string(session.peer)},
                          {"sni", session.sni ? Json(printable(*session.sni)) : Json(nullptr)},
                          {"hello_sha256", hello ? Json(to_hex(*hello)) : Json(nullptr)},
                          {"outcome", to_string(session.outcome)},
                          {"reason", text_or_null(session.reason)},
                          {"version", text_or_null(session.version)},
                          {"proxy_source", source ? Json(to_string(*source)) : Json(nullptr)},
                          {"backend", backend}});
    }
    const Json document = {{"schema", "sni-lab/sessions/1"}, {"sessions", std::move(listed)}};
    return document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

void Ops::ready(std::vector<const Backend*> backends) {
    const std::lock_guard lock(mutex_);
    backends_ = std::move(backends);
}

std::vector<const Backend*> Ops::backends() const {
    const std::lock_guard lock(mutex_);
    return backends_;
}

admin::Pages Ops::pages() const {
    return {
        {"/metrics", [this] { return metrics_page(); }},
        {"/sessions", [this] { return sessions_page(); }},
        {"/healthz", [this] { return health_page(); }},
        {"/readyz", [this] { return ready_page(); }},
    };
}

admin::Page Ops::metrics_page() const {
    std::vector<NamedSnapshot> snapshots;
    for (const Backend* backend : backends()) {
        snapshots.emplace_back(backend->name(), backend->snapshot());
    }
    if (snapshots.empty()) return not_now(kStarting);
    const Standing standing{
        .reloads = reloads_, .failed_reloads = failed_reloads_, .draining = draining_};
    return {.type = admin::kPrometheusType,
            .body = admin::to_prometheus(metrics(snapshots, standing))};
}

/// Also while it drains: a verifier may ask late.
admin::Page Ops::sessions_page() const {
    std::vector<NamedSession> sessions;
    const std::vector<const Backend*> asked = backends();
    if (asked.empty()) return not_now(kStarting);
    for (const Backend* backend : asked) {
        for (SeenSession& session : backend->sessions()) {
            sessions.emplace_back(backend->name(), std::move(session));
        }
    }
    return {.type = "application/json", .body = sessions_json(std::move(sessions))};
}

/// Healthy when every worker answers in time, also while it drains.
admin::Page Ops::health_page() const {
    for (const Backend* backend : backends()) {
        if (!backend->responds(kPatience)) {
            return not_now("a thread of the backend does not answer");
        }
    }
    return {.body = "ok\n"};
}

admin::Page Ops::ready_page() const {
    if (draining_) return not_now("draining");
    if (backends().empty()) return not_now(kStarting);
    return {.body = "ready\n"};
}

}  // namespace sni::backend
