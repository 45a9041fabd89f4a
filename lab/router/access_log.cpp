#include "lab/router/access_log.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <spdlog/async.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "lab/core/codes.h"
#include "lab/core/diagnostic.h"
#include "lab/core/encoding.h"

namespace sni::router {

namespace {

constexpr std::size_t kQueue = 8'192;

std::int64_t microseconds(std::chrono::nanoseconds time) {
    return std::chrono::duration_cast<std::chrono::microseconds>(time).count();
}

std::string utc(std::chrono::system_clock::time_point time) {
    const auto whole = std::chrono::floor<std::chrono::seconds>(time);
    const auto part = std::chrono::duration_cast<std::chrono::microseconds>(time - whole);
    return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:06}Z",
                       fmt::gmtime(std::chrono::system_clock::to_time_t(whole)), part.count());
}

spdlog::sink_ptr open_sink(const std::string& path) {
    if (path == "-") return std::make_shared<spdlog::sinks::stdout_sink_mt>();
    try {
        return std::make_shared<spdlog::sinks::basic_file_sink_mt>(path);
    } catch (const spdlog::spdlog_ex& error) {
        throw Failure(Exit::machine, code::kCannotWrite,
                      fmt::format("cannot write the access log \"{}\"", printable(path)),
                      error.what(), "name another file with --access-log, or - for stdout");
    }
}

}  // namespace

std::string to_json(const SessionRecord& record) {
    // Ordered as a reader asks: when, who, what became of it, how much, how long.
    nlohmann::ordered_json line;
    line["time"] = utc(record.accepted);
    line["client"] = to_string(record.client);
    line["outcome"] = to_string(record.outcome);
    line["sni"] = record.sni ? nlohmann::ordered_json(*record.sni) : nullptr;
    line["alpn"] = nlohmann::ordered_json::array();
    for (const std::string& name : record.alpn) {
        line["alpn"].push_back(printable(name));
    }
    line["ech_offered"] = record.ech_offered;
    line["route"] = record.route.empty() ? nullptr : nlohmann::ordered_json(record.route);
    line["backend"] = record.backend ? nlohmann::ordered_json(to_string(*record.backend)) : nullptr;
    line["bytes_up"] = record.bytes_up;
    line["bytes_down"] = record.bytes_down;
    const auto when = [](const std::optional<std::chrono::nanoseconds>& time) {
        return time ? nlohmann::ordered_json(microseconds(*time)) : nullptr;
    };
    line["hello_us"] = when(record.hello);
    line["connected_us"] = when(record.connected);
    line["ended_us"] = microseconds(record.ended);
    line["client_end"] = to_string(record.client_end);
    line["backend_end"] = to_string(record.backend_end);
    return line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

class AccessLog::Impl {
  public:
    explicit Impl(const std::string& path) {
        spdlog::sink_ptr sink = open_sink(path);
        pool_ = std::make_shared<spdlog::details::thread_pool>(kQueue, 1);
        logger_ = std::make_shared<spdlog::async_logger>(
            "access", std::move(sink), pool_, spdlog::async_overflow_policy::overrun_oldest);
        logger_->set_pattern("%v");
        logger_->flush_on(spdlog::level::info);
    }

    void write(const SessionRecord& record) { logger_->info("{}", to_json(record)); }
    std::size_t lost() const { return pool_->overrun_counter(); }

  private:
    // The pool goes first: its thread writes what is queued, and ends, while the sink is there.
    std::shared_ptr<spdlog::async_logger> logger_;
    std::shared_ptr<spdlog::details::thread_pool> pool_;
};

AccessLog::AccessLog(const std::string& path) : impl_(std::make_unique<Impl>(path)) {}

AccessLog::~AccessLog() = default;

void AccessLog::write(const SessionRecord& record) {
    impl_->write(record);
}

std::size_t AccessLog::lost() const {
    return impl_->lost();
}

}  // namespace sni::router
