#include "lab/router/access_log.h"

#include <string_view>
#include <system_error>

#include <fmt/compile.h>
#include <fmt/format.h>
#include <unistd.h>

#include "lab/log/json_line.h"
#include "lab/log/line_log.h"

namespace sni::router {

namespace {

std::int64_t microseconds(std::chrono::nanoseconds time) {
    return std::chrono::duration_cast<std::chrono::microseconds>(time).count();
}

std::string utc(std::chrono::system_clock::time_point time) {
    const auto whole = std::chrono::floor<std::chrono::seconds>(time);
    const auto part = std::chrono::duration_cast<std::chrono::microseconds>(time - whole);
    const std::chrono::sys_days day = std::chrono::floor<std::chrono::days>(whole);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(whole - day);
    return fmt::format(FMT_COMPILE("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z"),
                       static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                       static_cast<unsigned>(date.day()), clock.hours().count(),
                       clock.minutes().count(), clock.seconds().count(), part.count());
}

log::Output open_log(const std::string& path) {
    if (path == "-") return log::open_standard(STDOUT_FILENO);
    return log::open_file({.path = path}, "the access log",
                          "name another file with --access-log, or - for stdout");
}

std::string line_of(const SessionRecord& record) {
    std::string line = to_json(record);
    line += '\n';
    return line;
}

bool is_name(const Endpoint& backend) {
    return backend.kind == Endpoint::Kind::name;
}

/// Why the backend, or this machine, failed; empty when neither did.
std::string error_of(const SessionRecord& record) {
    if (record.error != 0) return std::generic_category().message(record.error);
    if (record.outcome != Outcome::backend_down) return "";
    if (!record.backend) return "all backends of the route have weight 0";
    return is_name(*record.backend) && !record.address ? "the name has no address" : "";
}

/// What peers chose.
std::size_t weight_of(const SessionRecord& record) {
    std::size_t bytes = record.sni ? record.sni->size() : 0;
    for (const std::string& name : record.alpn) {
        bytes += sizeof(std::string) + name.size();
    }
    return bytes;
}

}  // namespace

std::string to_json(const SessionRecord& record) {
    // Ordered as a reader asks: when, who, what became of it, how much, how long.
    log::JsonLine line;
    const auto text_or_null = [&](std::string_view text) {
        text.empty() ? line.null() : line.quoted(text);
    };
    const auto endpoint_or_null = [&](const auto& endpoint) {
        endpoint ? line.quoted(to_string(*endpoint)) : line.null();
    };
    const auto time_or_null = [&](const std::optional<std::chrono::nanoseconds>& time) {
        time ? line.number(microseconds(*time)) : line.null();
    };
    line.raw(R"({"time":)").word(utc(record.accepted));
    line.raw(R"(,"id":)").number(record.id);
    line.raw(R"(,"client":)").quoted(to_string(record.client));
    if (record.proxy_source) {
        line.raw(R"(,"proxy_source":)").quoted(to_string(*record.proxy_source));
    }
    line.raw(R"(,"listener":)");
    endpoint_or_null(record.listener);
    line.raw(R"(,"outcome":)").word(to_string(record.outcome));
    line.raw(R"(,"sni":)");
    record.sni ? line.quoted(*record.sni) : line.null();
    if (record.sni_more > 0) line.raw(R"(,"sni_more":)").number(record.sni_more);
    line.raw(R"(,"alpn":[)");
    for (const std::string& name : record.alpn) {
        line.raw(&name == record.alpn.data() ? "" : ",").quoted(name);
    }
    line.raw("]");
    if (record.alpn_more > 0) line.raw(R"(,"alpn_more":)").number(record.alpn_more);
    line.raw(R"(,"ech_offered":)").raw(record.ech_offered ? "true" : "false");
    line.raw(R"(,"ja4":)");
    text_or_null(record.ja4);
    line.raw(R"(,"saw":)");
    text_or_null(record.saw);
    line.raw(R"(,"route":)");
    text_or_null(record.route);
    line.raw(R"(,"backend":)");
    endpoint_or_null(record.backend);
    line.raw(R"(,"address":)");
    record.backend && !is_name(*record.backend) ? endpoint_or_null(record.backend)
                                                : endpoint_or_null(record.address);
    line.raw(R"(,"tries":)").number(record.tries);
    line.raw(R"(,"error":)");
    text_or_null(error_of(record));
    line.raw(R"(,"bytes_up":)").number(record.bytes_up);
    line.raw(R"(,"bytes_down":)").number(record.bytes_down);
    line.raw(R"(,"hello_us":)");
    time_or_null(record.hello);
    line.raw(R"(,"connected_us":)");
    time_or_null(record.connected);
    line.raw(R"(,"ended_us":)").number(microseconds(record.ended));
    line.raw(R"(,"client_end":)").word(to_string(record.client_end));
    line.raw(R"(,"backend_end":)").word(to_string(record.backend_end)).raw("}");
    return line.take();
}

bool is_probe(const SessionRecord& record) {
    return record.outcome == Outcome::client_left && record.saw == "nothing";
}

AccessLog::AccessLog(const std::string& path)
    : path_(path), queue_(open_log(path), line_of, weight_of) {}

void AccessLog::reopen() {
    if (path_ != "-") queue_.replace(open_log(path_));
}

}  // namespace sni::router
