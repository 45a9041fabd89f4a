#include "lab/backend/ops.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "lab/backend/activity.h"
#include "lab/core/cert_facts.h"
#include "lab/core/encoding.h"

namespace sni::backend {

namespace {

using Json = nlohmann::ordered_json;
using Kind = admin::Family::Kind;

/// For so long a thread may be at something else before it is taken for stuck.
constexpr std::chrono::seconds kPatience{1};

/// A number of each backend, by the end of its name.
struct Figure {
    Kind kind;
    std::string_view name;
    std::uint64_t Snapshot::* value;
    const char* help;
};
constexpr auto kFigures = std::to_array<Figure>({
    {Kind::counter, "connections_total", &Snapshot::accepted,
     "Connections that were accepted, with TLS and without."},
    {Kind::gauge, "connections", &Snapshot::connections, "Connections that are open now."},
    {Kind::gauge, "connections_max", &Snapshot::max_connections,
     "Connections that may be open at once; beyond it idle ones are closed."},
    {Kind::counter, "made_room_total", &Snapshot::made_room,
     "Idle connections that were closed for that, or for want of descriptors."},
    {Kind::gauge, "held_bytes", &Snapshot::held_bytes,
     "What requests that arrive and answers that leave hold."},
    {Kind::gauge, "held_bytes_max", &Snapshot::max_held_bytes,
     "What they may hold; who comes on top of it gets 503."},
    {Kind::counter, "over_held_total", &Snapshot::over_held,
     "Requests, and messages of WebSockets, that came on top of it."},
    {Kind::gauge, "body_bytes_max", &Snapshot::max_body_bytes,
     "How long the body of a request may be; a longer one gets 413."},
    {Kind::counter, "too_large_bodies_total", &Snapshot::too_large, "Requests with a longer one."},
    {Kind::gauge, "stalled_hello_bytes", &Snapshot::hello_bytes,
     "Memory that ClientHellos take of which the rest is waited for, or, of long ones, the end of "
     "the handshake."},
    {Kind::gauge, "stalled_hello_bytes_max", &Snapshot::max_hello_bytes,
     "What they may take; beyond it the oldest is closed."},
    {Kind::counter, "crowded_out_hellos_total", &Snapshot::crowded_out,
     "ClientHellos that were closed for that."},
    {Kind::counter, "answer_bytes_total", &Snapshot::answer_bytes,
     "Bytes of answers, heads included, before TLS."},
    {Kind::counter, "cut_answers_total", &Snapshot::cut_answers,
     "Answers of which the client did not take all."},
    {Kind::gauge, "threads", &Snapshot::threads, "Threads that answer."},
    {Kind::gauge, "running_threads", &Snapshot::running,
     "Of them, those that have work and are not asleep in it."},
    {Kind::gauge, "queued_connections", &Snapshot::queued,
     "Connections that could go on and wait for a thread."},
});

admin::Sample sample(std::uint64_t value, admin::Labels labels) {
    return {static_cast<double>(value), std::move(labels), {}};
}

Json text_or_null(const std::string& text) {
    return text.empty() ? Json(nullptr) : Json(text);
}

}  // namespace

std::vector<admin::Family> metrics(std::span<const NamedSnapshot> backends,
                                   const admin::Standing& standing, std::uint64_t lost_lines) {
    auto all = admin::common_metrics("backend", "the certificate", "requests", standing);
    for (const Figure& figure : kFigures) {
        admin::Family family{
            figure.kind, fmt::format("sni_lab_backend_{}", figure.name), figure.help, {}};
        for (const auto& [backend, snapshot] : backends) {
            family.samples.push_back(sample(snapshot.*figure.value, {{"backend", backend}}));
        }
        all.push_back(std::move(family));
    }
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
        const std::pair<const char*, std::uint64_t> outcomes[] = {
            {"full", snapshot.established - snapshot.resumed},
            {"resumed", snapshot.resumed},
            {"failed", snapshot.failed}};
        for (const auto& [outcome, count] : outcomes) {
            handshakes.samples.push_back(
                sample(count, {{"backend", backend}, {"outcome", outcome}}));
        }
        static constexpr std::array<const char*, 6> kClasses = {"none", "1xx", "2xx",
                                                                "3xx",  "4xx", "5xx"};
        for (std::size_t i = 0; i < kClasses.size(); ++i) {
            answers.samples.push_back(
                sample(snapshot.answers[i], {{"backend", backend}, {"status", kClasses[i]}}));
        }
    }
    all.push_back({Kind::counter,
                   "sni_lab_backend_access_log_lost_lines_total",
                   "Lines that the access log's disk or reader did not take.",
                   {sample(lost_lines, {})}});
    all.push_back(std::move(handshakes));
    all.push_back(std::move(answers));
    return all;
}

std::string sessions_json(const std::vector<NamedSessions>& backends) {
    std::vector<std::pair<std::string, SeenSession>> sessions;
    std::uint64_t let_go = 0;
    auto complete_for =
        backends.empty() ? std::chrono::milliseconds(0) : std::chrono::milliseconds::max();
    for (const auto& [backend, seen] : backends) {
        let_go += seen.let_go;
        complete_for = std::min(complete_for, seen.complete_for);
        for (const SeenSession& session : seen.sessions) {
            sessions.emplace_back(backend, session);
        }
    }
    // Each backend's own are in order already, and seconds say little of what is within one.
    std::ranges::stable_sort(sessions, std::ranges::greater{},
                             [](const auto& named) { return named.second.time; });
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
    return admin::json_text({{"schema", "sni-lab/sessions/1"},
                             {"keeps", RecentSessions::kKept},
                             {"let_go", let_go},
                             {"complete_for_ms", complete_for.count()},
                             {"sessions", std::move(listed)}});
}

void Ops::ready(std::vector<const Backend*> backends, std::function<std::uint64_t()> lost_lines) {
    const std::lock_guard lock(mutex_);
    backends_ = std::move(backends);
    lost_lines_ = std::move(lost_lines);
}

std::uint64_t Ops::lost_lines() const {
    const std::lock_guard lock(mutex_);
    return lost_lines_ ? lost_lines_() : 0;
}

std::vector<const Backend*> Ops::backends() const {
    const std::lock_guard lock(mutex_);
    return backends_;
}

/// Every worker answers in time.
std::optional<std::string> Ops::fault() const {
    for (const Backend* backend : backends()) {
        if (!backend->responds(kPatience)) return "a thread of the backend does not answer";
    }
    return std::nullopt;
}

/// Also while it drains: a verifier may ask late.
admin::Pages Ops::own_pages() const {
    return {{"/metrics",
             [this] {
                 std::vector<NamedSnapshot> snapshots;
                 for (const Backend* backend : backends()) {
                     snapshots.emplace_back(backend->name(), backend->snapshot());
                 }
                 return admin::metrics_page(metrics(snapshots, standing(), lost_lines()));
             }},
            {"/sessions", [this] {
                 std::vector<NamedSessions> seen;
                 for (const Backend* backend : backends()) {
                     seen.emplace_back(backend->name(), backend->seen_sessions());
                 }
                 return admin::json_page(sessions_json(seen));
             }}};
}

}  // namespace sni::backend
