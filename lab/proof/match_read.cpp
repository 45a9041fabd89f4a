#include <algorithm>
#include <istream>
#include <iterator>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "lab/proof/match.h"
#include "lab/proof/witness_fields.h"

namespace sni::proof {

namespace {

using nlohmann::json;

/// `document` loses its schema.
Result<void, std::string> take_session(WitnessRecord& record, json& document) {
    WitnessedSession session;
    document.erase("schema");
    if (const auto trouble = JsonCodec<WitnessedSession>::read(document, session))
        return std::unexpected(std::string(to_string(*trouble)));
    if (session.hellos.empty()) {
        ++record.not_tls;
    } else {
        record.sessions.push_back(carried(std::move(session)));
    }
    return {};
}

std::string schema_of(const json& document) {
    const auto found = document.is_object() ? document.find("schema") : document.end();
    return document.is_object() && found != document.end() && found->is_string()
               ? found->get<std::string>()
               : "";
}

std::optional<std::int64_t> number_of(const json& document, const char* field) {
    const auto found = document.find(field);
    if (found == document.end() || !found->is_number_integer()) return std::nullopt;
    return found->get<std::int64_t>();
}

Moment moment(std::int64_t milliseconds) {
    return Moment(std::chrono::milliseconds(milliseconds));
}

/// A log may have been begun more than once. Without an end before, what was open then is in none.
Result<void, std::string> take_mark(WitnessRecord& record, const json& document) {
    const auto time = number_of(document, "time_ms");
    const auto event = document.find("event");
    if (!time || event == document.end() || (*event != "began" && *event != "ended"))
        return std::unexpected("it says neither that the log began nor that it ended");
    if (*event == "began") {
        if (!record.since || !record.until) record.since = moment(*time);
        record.until.reset();
        return {};
    }
    record.until = moment(*time);
    record.lost += static_cast<std::size_t>(
        std::max<std::int64_t>(number_of(document, "lost").value_or(0), 0));
    return {};
}

Result<void, std::string> take_line(WitnessRecord& record, std::string_view line) {
    json document = json::parse(line, nullptr, false);
    if (document.is_discarded()) return std::unexpected("it is no JSON");
    const std::string schema = schema_of(document);
    if (schema == kWitnessLogSchema) return take_mark(record, document);
    if (schema != kWitnessedSchema)
        return std::unexpected(fmt::format("it is no {}", kWitnessedSchema));
    return take_session(record, document);
}

Result<WitnessRecord, std::string> read_page(WitnessRecord record, json& page) {
    const auto since = number_of(page, "complete_since_ms");
    const auto until = number_of(page, "time_ms");
    const auto sessions = page.find("sessions");
    if (!since || !until || sessions == page.end() || !sessions->is_array())
        return std::unexpected(record.name + " is no whole witness's page");
    record.since = moment(*since);
    record.until = moment(*until);
    record.let_go = static_cast<std::uint64_t>(
        std::max<std::int64_t>(number_of(page, "let_go").value_or(0), 0));
    for (json& session : *sessions) {
        if (const auto taken = take_session(record, session); !taken)
            return std::unexpected(
                fmt::format("{}: a session of it is not one ({})", record.name, taken.error()));
    }
    return record;
}

}  // namespace

Carried carried(WitnessedSession session) {
    std::string readable = readable_because(session).value_or("");
    const bool given_up = session.client_end == "reset" && session.down.all.bytes == 0;
    return {.sni = session.sni.value_or(""),
            .ja4 = std::move(session.ja4),
            .peer = session.proxy_source.value_or(session.peer),
            .began = session.began,
            .ended = session.ended,
            .hello = session.hellos.empty() ? Digest{} : session.hellos.front().sha256,
            .server = std::move(session.server),
            .up = std::move(session.up),
            .down = std::move(session.down),
            .readable = std::move(readable),
            .given_up = given_up};
}

std::string log_began_line(std::string_view witness, Moment now) {
    return canonical({{"schema", kWitnessLogSchema},
                      {"event", "began"},
                      {"witness", witness},
                      {"time_ms", now.time_since_epoch().count()}});
}

std::string log_ended_line(std::string_view witness, Moment now, std::size_t lost) {
    return canonical({{"schema", kWitnessLogSchema},
                      {"event", "ended"},
                      {"witness", witness},
                      {"time_ms", now.time_since_epoch().count()},
                      {"lost", lost}});
}

Result<WitnessRecord, std::string> read_witness_record(std::string name, std::istream& text) {
    constexpr std::size_t kLongestLine = 1u << 20;
    WitnessRecord record{.name = std::move(name)};
    std::string line;
    std::size_t number = 0;
    while (std::getline(text, line)) {
        ++number;
        if (line.empty()) continue;
        // A page is one document, of many lines mostly; each line of a log is one.
        if (number == 1) {
            const bool of_many_lines = !json::accept(line);
            if (of_many_lines) line.append(std::istreambuf_iterator<char>(text), {});
            json page = json::parse(line, nullptr, false);
            if (schema_of(page) == kWitnessPageSchema) return read_page(std::move(record), page);
            if (of_many_lines) return std::unexpected(record.name + ":1: it is no JSON");
        }
        if (line.size() > kLongestLine)
            return std::unexpected(fmt::format("{}:{}: it is too long", record.name, number));
        const auto taken = take_line(record, line);
        if (taken) continue;
        if (json::accept(line))
            return std::unexpected(fmt::format("{}:{}: {}", record.name, number, taken.error()));
        // A disk that was full, or a witness that was killed, left it so.
        if (!text.eof()) ++record.lost;
    }
    if (text.bad()) return std::unexpected(record.name + " cannot be read to its end");
    if (number == 0) return std::unexpected(record.name + " is empty");
    return record;
}

}  // namespace sni::proof
