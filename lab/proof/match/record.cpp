#include "lab/proof/match/record.h"

#include <algorithm>
#include <array>
#include <istream>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "lab/proof/match/line.h"
#include "lab/proof/witness_fields.h"

namespace sni::proof {

namespace {

using nlohmann::json;

/// Its service took no connection: it was down, or still dialled at the end.
bool is_unreached(const WitnessedSession& session) {
    const std::string& end = session.service_end;
    const bool nothing_moved = session.up.all.bytes == 0 && session.down.all.bytes == 0;
    return end == "backend_down" || end == "backend_timeout" || end == "client_reset" ||
           (end == "cut" && nothing_moved);
}

void enter(WitnessRecord& record, WitnessedSession session) {
    if (session.hellos.empty()) {
        ++record.not_tls;
        if (session.up.all.bytes > 0) record.unread.push_back(session.began);
        if (is_unreached(session)) record.unreached.push_back(session.began);
    } else {
        record.sessions.push_back(carried(std::move(session)));
    }
}

/// `document` loses its schema.
Result<void, std::string> take_session(WitnessRecord& record, json& document) {
    WitnessedSession session;
    document.erase("schema");
    if (const auto trouble = JsonCodec<WitnessedSession>::read(document, session))
        return std::unexpected(std::string(to_string(*trouble)));
    enter(record, std::move(session));
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

/// One that can be reckoned with.
std::optional<Moment> moment_of(const json& document, const char* field) {
    const auto found = document.find(field);
    Moment moment;
    if (found == document.end() || JsonCodec<Moment>::read(*found, moment)) return std::nullopt;
    return moment;
}

std::optional<LogPart> part_of(const json& mark) {
    const auto run = moment_of(mark, "run_ms");
    const auto number = number_of(mark, "part");
    if (!run || !number || *number < 0) return std::nullopt;
    return LogPart{*run, static_cast<std::uint64_t>(*number)};
}

void note_run(WitnessRecord& record, Moment began) {
    WitnessRun run{record.witness, began};
    if (record.runs.empty() || record.runs.back() != run) record.runs.push_back(std::move(run));
}

/// No one witness begins before it ended, ends twice, or changes its name.
bool is_of_another(const WitnessRecord& record, const json& mark, Moment time) {
    const auto name = mark.find("witness");
    const bool named_otherwise =
        !record.witness.empty() && name != mark.end() && *name != record.witness;
    const bool began = mark["event"] == "began";
    const bool out_of_turn = began ? record.until > time : record.since && record.until;
    return named_otherwise || out_of_turn;
}

/// A log may have been begun more than once. Between two runs nobody watched, and without an end
/// what was open is in none.
Result<void, std::string> take_mark(WitnessRecord& record, const json& document) {
    const auto time = moment_of(document, "time_ms");
    const auto event = document.find("event");
    if (!time || event == document.end() || (*event != "began" && *event != "ended"))
        return std::unexpected("it says neither that the log began nor that it ended");
    record.mixed = record.mixed || is_of_another(record, document, *time);
    if (const auto name = document.find("witness"); name != document.end() && name->is_string())
        record.witness = name->get<std::string>();
    if (*event == "began") {
        const auto part = part_of(document);
        const bool goes_on =
            record.since && !record.until && part && record.part && part->follows(*record.part);
        if (!record.since && part && part->number > 0) record.headless = true;
        record.part = part;
        if (part) note_run(record, part->run);
        if (goes_on) return {};  // what was open then is in this one
        if (record.since && record.until) record.earlier.emplace_back(*record.since, *record.until);
        record.broke_off = record.broke_off || record.since.has_value() != record.until.has_value();
        record.since = *time;
        record.until.reset();
        return {};
    }
    const auto lost = number_of(document, "lost");
    if (!lost || *lost < 0) return std::unexpected("it does not say how many it lost");
    record.until = *time;
    record.lost += static_cast<std::size_t>(*lost);
    return {};
}

Result<void, std::string> take_line(WitnessRecord& record, std::string_view line, JsonTape& tape) {
    if (auto session = read_plain_line(line, tape)) {
        enter(record, std::move(*session));
        return {};
    }
    json document = json::parse(line, nullptr, false);
    if (document.is_discarded()) return std::unexpected("it is no JSON");
    const std::string schema = schema_of(document);
    if (schema == kWitnessLogSchema) return take_mark(record, document);
    if (schema != kWitnessedSchema)
        return std::unexpected(fmt::format("it is no {}", kWitnessedSchema));
    return take_session(record, document);
}

Result<WitnessRecord, std::string> read_page(WitnessRecord record, json& page) {
    const auto since = moment_of(page, "complete_since_ms");
    const auto until = moment_of(page, "time_ms");
    const auto sessions = page.find("sessions");
    if (!since || !until || sessions == page.end() || !sessions->is_array())
        return std::unexpected(record.name + " is no whole witness's page");
    const auto let_go = number_of(page, "let_go");
    if (!let_go || *let_go < 0)
        return std::unexpected(record.name + " does not say how many sessions it let go");
    record.since = *since;
    record.until = *until;
    record.let_go = static_cast<std::uint64_t>(*let_go);
    const auto witness = page.find("witness");
    const auto run = moment_of(page, "run_ms");
    if (run && witness != page.end() && witness->is_string()) {
        record.witness = witness->get<std::string>();
        note_run(record, *run);
    }
    for (json& session : *sessions) {
        if (const auto taken = take_session(record, session); !taken)
            return std::unexpected(
                fmt::format("{}: a session of it is not one ({})", record.name, taken.error()));
    }
    std::ranges::sort(record.unread);
    std::ranges::sort(record.unreached);
    return record;
}

/// As std::getline(), but a line that is longer than `most` is not read to its end.
bool read_line(std::istream& text, std::string& line, std::size_t most) {
    std::array<char, 16'384> piece;
    line.clear();
    while (line.size() <= most) {
        text.getline(piece.data(), piece.size());
        const auto got = static_cast<std::size_t>(text.gcount());
        if (text.good()) {
            line.append(piece.data(), got - 1);  // without its end
            return true;
        }
        line.append(piece.data(), got);
        if (text.eof() || text.bad() || got == 0) return !line.empty();
        text.clear();  // it is longer than a piece
    }
    return true;
}

/// Behind what `all` has; false for more than `most` bytes of both.
bool read_rest(std::istream& text, std::string& all, std::size_t most) {
    std::array<char, 65'536> piece;
    while (text.read(piece.data(), piece.size()) || text.gcount() > 0) {
        all.append(piece.data(), static_cast<std::size_t>(text.gcount()));
        if (all.size() > most) return false;
    }
    return true;
}

}  // namespace

std::string log_began_line(std::string_view witness, Moment now, std::optional<LogPart> part) {
    json mark = {{"schema", kWitnessLogSchema},
                 {"event", "began"},
                 {"witness", witness},
                 {"time_ms", now.time_since_epoch().count()}};
    if (part) {
        mark["run_ms"] = part->run.time_since_epoch().count();
        mark["part"] = part->number;
    }
    return canonical(mark);
}

std::string log_ended_line(std::string_view witness, Moment now, std::size_t lost) {
    return canonical({{"schema", kWitnessLogSchema},
                      {"event", "ended"},
                      {"witness", witness},
                      {"time_ms", now.time_since_epoch().count()},
                      {"lost", lost}});
}

void leave_out_before(WitnessRecord& record, Moment moment) {
    record.older +=
        std::erase_if(record.sessions, [&](const Carried& one) { return one.began < moment; });
    std::erase_if(record.unread, [&](Moment began) { return began < moment; });
}

Result<WitnessRecord, std::string> read_witness_record(std::string name, std::istream& text) {
    constexpr std::size_t kLongestLine = 1u << 20;  // of a log
    constexpr std::size_t kLargestPage = kLargestWitnessPage;
    WitnessRecord record{.name = std::move(name)};
    const auto too_long = [&](std::size_t number, std::size_t limit) {
        return std::unexpected(
            fmt::format("{}:{}: it is longer than {} bytes", record.name, number, limit));
    };
    std::string line;
    JsonTape tape;
    std::size_t number = 0;
    if (text.peek() != '{' && !text.eof() && text.peek() != '\n')
        return std::unexpected(record.name + ":1: it is no JSON");
    while (read_line(text, line, number == 0 ? kLargestPage : kLongestLine)) {
        ++number;
        if (line.empty()) continue;
        // A page is one document, of many lines mostly; each line of a log is one.
        if (number == 1) {
            const bool of_many_lines = !json::accept(line);
            if (of_many_lines && !read_rest(text, line, kLargestPage))
                return too_long(number, kLargestPage);
            json page = json::parse(line, nullptr, false);
            if (schema_of(page) == kWitnessPageSchema) return read_page(std::move(record), page);
            if (of_many_lines) return std::unexpected(record.name + ":1: it is no JSON");
        }
        if (line.size() > kLongestLine) return too_long(number, kLongestLine);
        const auto taken = take_line(record, line, tape);
        if (taken) continue;
        if (json::accept(line))
            return std::unexpected(fmt::format("{}:{}: {}", record.name, number, taken.error()));
        // A disk that was full, or a witness that was killed, left it so.
        if (!text.eof()) ++record.lost;
    }
    if (text.bad()) return std::unexpected(record.name + " cannot be read to its end");
    if (number == 0) return std::unexpected(record.name + " is empty");
    std::ranges::sort(record.unread);
    std::ranges::sort(record.unreached);
    return record;
}

}  // namespace sni::proof
