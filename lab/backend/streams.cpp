// Answers that come bit by bit. None holds more than one piece of what it writes, and each ends
// when the client is gone or the backend stops.
#include <algorithm>

#include <fmt/format.h>

#include "lab/backend/echo.h"
#include "lab/backend/handlers.h"
#include "lab/backend/number.h"
#include "lab/backend/pace.h"
#include "lab/backend/random.h"

namespace sni::backend {

namespace {

using std::chrono::milliseconds;

constexpr std::chrono::seconds kLongest{10};
constexpr std::uint64_t kMostEvents = 1000;

std::optional<std::string> argument(const Fields& args, std::string_view name) {
    const std::string* value = find_field(args, name);
    return value ? std::optional(*value) : std::nullopt;
}

/// What /drip and the event streams share: how many, how long, and how long before.
struct Plan {
    std::uint64_t count;
    milliseconds duration;
    milliseconds delay;
    milliseconds jitter{0};
};

struct PlanDefaults {
    std::string_view count_name;
    std::string_view count;
    std::string_view duration;
    std::uint64_t most;
};

Result<Plan, std::string> parse_plan(const Fields& args, const PlanDefaults& defaults) {
    const auto text = [&](std::string_view name, std::string_view otherwise) {
        return argument(args, name).value_or(std::string(otherwise));
    };
    const auto count = parse_clamped(text(defaults.count_name, defaults.count), defaults.most);
    if (!count) return std::unexpected(fmt::format("{} is no number", defaults.count_name));
    if (*count == 0) return std::unexpected("number of bytes or events must be positive");
    Plan plan{.count = *count, .duration = {}, .delay = {}};
    struct Time {
        std::string_view name;
        std::string_view otherwise;
        milliseconds& into;
    };
    for (const Time& time : {Time{"duration", defaults.duration, plan.duration},
                             Time{"delay", "0", plan.delay}, Time{"jitter", "0", plan.jitter}}) {
        const auto parsed = parse_pace(text(time.name, time.otherwise), kLongest);
        if (!parsed) return std::unexpected(fmt::format("{}: {}", time.name, parsed.error()));
        time.into = *parsed;
    }
    return plan;
}

/// `event(i)` for each, spread over the duration from the first to the last.
Stream events(const Plan& plan, const Pause& pause,
              const std::function<std::string(std::uint64_t)>& event) {
    return [=](const Write& write) {
        if (plan.delay.count() > 0 && !pause(plan.delay)) return false;
        // With n events there are n - 1 pauses; jitter makes each longer, and the stream with it.
        const std::uint64_t gaps = std::max<std::uint64_t>(plan.count - 1, 1);
        Pace pace(pause, plan.count > 1 ? plan.duration : milliseconds(0), gaps);
        for (std::uint64_t i = 0; i < plan.count; ++i) {
            if (i > 0 && plan.jitter.count() > 0) {
                const double share = random_fraction() * static_cast<double>(plan.jitter.count());
                if (!pause(milliseconds(static_cast<milliseconds::rep>(share)))) return false;
            }
            if (pace.due(i) == 0 || !write(event(i))) return false;
        }
        return true;
    };
}

std::string one_line(const nlohmann::json& document) {
    return document.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

std::int64_t unix_milliseconds() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<milliseconds>(now).count();
}

/// url, args, headers and origin, with an id: the lines of /stream and /jsonl.
std::function<std::string(std::uint64_t)> numbered_lines(const Exchange& exchange) {
    return [document = echo(exchange)](std::uint64_t id) mutable {
        document["id"] = id;
        return one_line(document);
    };
}

}  // namespace

Response stream(const Exchange& exchange) {
    constexpr std::uint64_t kMostLines = 100;
    const auto lines = parse_clamped(exchange.parameters.at(0), kMostLines);
    if (!lines) return error_response(404, "the number of lines is no number");
    return {.headers = {{"Content-Type", "application/json"}},
            .stream = [count = *lines, line = numbered_lines(exchange)](const Write& write) {
                for (std::uint64_t id = 0; id < count; ++id) {
                    if (!write(line(id))) return false;
                }
                return true;
            }};
}

Response stream_bytes(const Exchange& exchange) {
    constexpr std::uint64_t kMost = 100u << 10;
    const auto count = parse_clamped(exchange.parameters.at(0), kMost);
    if (!count) return error_response(404, "the number of bytes is no number");
    const Fields args = parse_query(exchange.request.query);
    const auto chunk = parse_clamped(argument(args, "chunk_size").value_or("10240"), kMost);
    if (!chunk) return error_response(400, "chunk_size is no number");
    const auto seed = argument(args, "seed");
    auto data = seed ? seeded_bytes(*seed, *count) : random_bytes(*count);
    if (!data) return error_response(400, "seed is no integer");
    return {.headers = {{"Content-Type", "application/octet-stream"}},
            .stream = [data = std::move(*data),
                       piece = std::max<std::uint64_t>(*chunk, 1)](const Write& write) {
                for (std::size_t at = 0; at < data.size(); at += piece) {
                    if (!write(std::string_view(data).substr(at, piece))) return false;
                }
                return true;
            }};
}

Response drip(const Exchange& exchange) {
    const Fields args = parse_query(exchange.request.query);
    const auto code = parse_clamped(argument(args, "code").value_or("200"), 1000);
    if (!code || *code < 200 || *code > 599) return error_response(400, "code is no status code");
    auto plan = parse_plan(
        args, {.count_name = "numbytes", .count = "10", .duration = "2", .most = 10u << 20});
    if (!plan) return error_response(400, plan.error());
    // The delay comes before the first byte of the answer, not only of its body.
    if (plan->delay.count() > 0) exchange.site.pause(plan->delay);
    return {.status = static_cast<int>(*code),
            .headers = {{"Content-Type", "application/octet-stream"}},
            .stream =
                [plan = *plan, pause = exchange.site.pause](const Write& write) {
                    static const std::string kStars(16u << 10, '*');
                    Pace pace(pause, plan.duration, plan.count);
                    for (std::uint64_t done = 0; done < plan.count;) {
                        const std::uint64_t due =
                            std::min<std::uint64_t>(pace.due(done), kStars.size());
                        if (due == 0 || !write(std::string_view(kStars).substr(0, due)))
                            return false;
                        done += due;
                    }
                    return pace.finish();
                },
            .length = plan->count};
}

Response jsonl(const Exchange& exchange) {
    const auto plan =
        parse_plan(parse_query(exchange.request.query),
                   {.count_name = "count", .count = "10", .duration = "5s", .most = kMostEvents});
    if (!plan) return error_response(400, plan.error());
    return {.headers = {{"Content-Type", "application/x-ndjson"}},
            .stream = events(*plan, exchange.site.pause, numbered_lines(exchange))};
}

Response sse(const Exchange& exchange) {
    const auto plan =
        parse_plan(parse_query(exchange.request.query),
                   {.count_name = "count", .count = "10", .duration = "5s", .most = kMostEvents});
    if (!plan) return error_response(400, plan.error());
    Response response{
        .headers = {{"Content-Type", "text/event-stream"}, {"Cache-Control", "no-store"}},
        .stream = events(*plan, exchange.site.pause, [](std::uint64_t id) {
            return "event: ping\ndata: " +
                   one_line({{"id", id}, {"timestamp", unix_milliseconds()}}) + "\n";
        })};
    if (exchange.request.minor_version > 0) {
        response.headers.push_back({"Trailer", "Server-Timing"});
        response.trailers = [began = Pace::Clock::now()] {
            const std::chrono::duration<double, std::milli> took = Pace::Clock::now() - began;
            return Headers{{"Server-Timing", fmt::format("total;dur={:.2f}", took.count())}};
        };
    }
    return response;
}

}  // namespace sni::backend
