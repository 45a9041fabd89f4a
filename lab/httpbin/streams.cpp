// Answers that come bit by bit. None holds more than one piece of what it gives.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "lab/http/number.h"
#include "lab/httpbin/echo.h"
#include "lab/httpbin/handlers.h"
#include "lab/httpbin/pace.h"
#include "lab/httpbin/random.h"

namespace sni::httpbin {

namespace {

using std::chrono::milliseconds;

constexpr std::uint64_t kMostEvents = 1000;

std::optional<std::string> argument(const http::Fields& args, std::string_view name) {
    const std::string* value = http::find_field(args, name);
    return value ? std::optional(*value) : std::nullopt;
}

/// `event(i)` for each, spread over the duration from the first to the last.
class Events {
  public:
    // With n events there are n - 1 pauses; jitter makes each longer, and the stream with it.
    Events(const PacePlan& plan, std::function<std::string(std::uint64_t)> event)
        : plan_(plan),
          event_(std::move(event)),
          pace_(plan.count > 1 ? plan.duration : milliseconds(0),
                std::max<std::uint64_t>(plan.count - 1, 1)) {}

    http::Piece operator()() {
        if (plan_.delay.count() > 0) return {.wait = std::exchange(plan_.delay, milliseconds(0))};
        if (next_ > 0 && plan_.jitter.count() > 0 && !std::exchange(jittered_, true)) {
            const double share = random_fraction() * static_cast<double>(plan_.jitter.count());
            const milliseconds longer(static_cast<milliseconds::rep>(share));
            if (longer.count() > 0) return {.wait = longer};
        }
        if (const auto wait = pace_.until(next_); wait.count() > 0) return {.wait = wait};
        jittered_ = false;
        std::string bytes = event_(next_++);
        return {.bytes = std::move(bytes), .last = next_ == plan_.count};
    }

  private:
    PacePlan plan_;
    std::function<std::string(std::uint64_t)> event_;
    Pace pace_;
    std::uint64_t next_ = 0;
    bool jittered_ = false;  ///< the next event has had its jitter
};

std::string one_line(const nlohmann::json& document) {
    return document.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

std::int64_t unix_milliseconds() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<milliseconds>(now).count();
}

/// url, args, headers and origin, with an id: the lines of /stream and /jsonl. Kept as the text
/// around the id, which takes a fraction of what the document does.
class NumberedLine {
  public:
    explicit NumberedLine(const Exchange& exchange) {
        // The only null of the document, and inside of strings every quote is escaped.
        constexpr std::string_view kId = R"("id":null)";
        constexpr std::size_t kNull = 4;
        nlohmann::json document = echo(exchange);
        document["id"] = nullptr;
        const std::string line = one_line(document);
        const std::size_t end = line.find(kId) + kId.size();
        before_ = line.substr(0, end - kNull);
        after_ = line.substr(end);
    }
    std::string operator()(std::uint64_t id) const {
        return fmt::format("{}{}{}", before_, id, after_);
    }
    std::size_t held() const { return before_.size() + after_.size(); }

  private:
    std::string before_;
    std::string after_;
};

/// Stars as they are due, then silence until the time is over.
class Drip {
  public:
    explicit Drip(const PacePlan& plan) : count_(plan.count), pace_(plan.duration, plan.count) {}

    http::Piece operator()() {
        constexpr std::uint64_t kMostAtOnce = 16u << 10;
        if (done_ == count_) {
            const auto rest = pace_.rest();
            return {.wait = rest, .last = rest.count() == 0};
        }
        if (const auto wait = pace_.until(done_); wait.count() > 0) return {.wait = wait};
        const std::uint64_t due = std::min(pace_.due(done_), kMostAtOnce);
        done_ += due;
        return {.bytes = std::string(due, '*')};
    }

  private:
    std::uint64_t count_;
    Pace pace_;
    std::uint64_t done_ = 0;
};

}  // namespace

Response stream(const Exchange& exchange) {
    constexpr std::uint64_t kMostLines = 100;
    const auto lines = http::parse_clamped(exchange.parameters.at(0), kMostLines);
    if (!lines) return error_response(404, "the number of lines is no number");
    NumberedLine line(exchange);
    const std::size_t held = line.held();
    return {.headers = {{"Content-Type", "application/json"}},
            .stream = [count = *lines, line = std::move(line),
                       id = std::uint64_t{0}]() mutable -> http::Piece {
                if (id == count) return {.last = true};
                std::string bytes = line(id++);
                return {.bytes = std::move(bytes), .last = id == count};
            },
            .held = held};
}

Response stream_bytes(const Exchange& exchange) {
    constexpr std::uint64_t kMost = 100u << 10;
    const auto count = http::parse_clamped(exchange.parameters.at(0), kMost);
    if (!count) return error_response(404, "the number of bytes is no number");
    const http::Fields args = http::parse_query(exchange.request.query);
    const auto chunk = http::parse_clamped(argument(args, "chunk_size").value_or("10240"), kMost);
    if (!chunk) return error_response(400, "chunk_size is no number");
    const auto seed = argument(args, "seed");
    auto data = seed ? seeded_bytes(*seed, *count) : random_bytes(*count);
    if (!data) return error_response(400, "seed is no integer");
    return {.headers = {{"Content-Type", "application/octet-stream"}},
            .stream = [data = std::move(*data), piece = std::max<std::uint64_t>(*chunk, 1),
                       at = std::size_t{0}]() mutable -> http::Piece {
                std::string bytes = data.substr(at, piece);
                at += bytes.size();
                return {.bytes = std::move(bytes), .last = at == data.size()};
            },
            .held = *count};
}

Response drip(const Exchange& exchange) {
    const http::Fields args = http::parse_query(exchange.request.query);
    const auto code = http::parse_clamped(argument(args, "code").value_or("200"), 1000);
    if (!code || *code < 200 || *code > 599) return error_response(400, "code is no status code");
    auto plan = parse_pace_plan(
        args, {.count_name = "numbytes", .count = "10", .duration = "2", .most = 10u << 20});
    if (!plan) return error_response(400, plan.error());
    // It has no content, and says so by its length (RFC 9110 §15.3.6).
    constexpr int kResetContent = 205;
    if (*code == kResetContent) return {.status = kResetContent, .after = plan->delay};
    // The delay comes before the first byte of the answer, not only of its body.
    return {.status = static_cast<int>(*code),
            .headers = {{"Content-Type", "application/octet-stream"}},
            .stream = Drip(*plan),
            .length = plan->count,
            .after = plan->delay};
}

Response jsonl(const Exchange& exchange) {
    const auto plan = parse_pace_plan(
        http::parse_query(exchange.request.query),
        {.count_name = "count", .count = "10", .duration = "5s", .most = kMostEvents});
    if (!plan) return error_response(400, plan.error());
    NumberedLine line(exchange);
    const std::size_t held = line.held();
    return {.headers = {{"Content-Type", "application/x-ndjson"}},
            .stream = Events(*plan, std::move(line)),
            .held = held};
}

Response sse(const Exchange& exchange) {
    const auto plan = parse_pace_plan(
        http::parse_query(exchange.request.query),
        {.count_name = "count", .count = "10", .duration = "5s", .most = kMostEvents});
    if (!plan) return error_response(400, plan.error());
    Response response{
        .headers = {{"Content-Type", "text/event-stream"}, {"Cache-Control", "no-store"}},
        .stream = Events(*plan, [](std::uint64_t id) {
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

}  // namespace sni::httpbin
