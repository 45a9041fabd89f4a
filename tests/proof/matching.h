// Logs of two witnesses, and what match() makes of them.
#pragma once

#include <array>
#include <chrono>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lab/proof/match/match.h"
#include "tests/proof/witnessed.h"
#include "tests/support/catch.h"

namespace sni::test {

inline constexpr proof::Moment kBegan{std::chrono::milliseconds(1'795'333'681'000)};

/// A connection with a hello of its own, that ended.
inline proof::WitnessedSession connection(int number, std::string_view name = "shop.example.com") {
    proof::WitnessedSession session = witnessed();
    session.id = static_cast<std::uint64_t>(number);
    session.sni = name;
    session.began = kBegan + std::chrono::milliseconds(number);
    session.ended = session.began + std::chrono::milliseconds(5);
    session.hellos.front().sha256 = {std::byte(number), std::byte(number >> 8), std::byte{1}};
    session.server->hello_sha256 = {std::byte(number), std::byte{2}};
    session.client_end = session.service_end = "finished";
    return session;
}

/// A log that began before all of them and ended behind them in peace.
inline std::string log_of(const std::vector<proof::WitnessedSession>& sessions,
                          std::size_t lost = 0) {
    std::string text =
        proof::log_began_line("w", kBegan - std::chrono::milliseconds(100'000)) + "\n";
    for (const proof::WitnessedSession& session : sessions) {
        text += proof::encode(session) + "\n";
    }
    return text + proof::log_ended_line("w", kBegan + std::chrono::milliseconds(100'000), lost) +
           "\n";
}

inline Result<proof::WitnessRecord, std::string> read_log(const std::string& text) {
    std::istringstream stream(text);
    return proof::read_witness_record("a.log", stream);
}

inline proof::WitnessRecord record(const std::string& text) {
    auto read = read_log(text);
    INFO((read ? "" : read.error()));
    REQUIRE(read.has_value());
    return std::move(*read);
}

struct Answer {
    std::vector<proof::Fate> fates;
    Exit exit;
    std::size_t strangers;
};

inline Answer matched(const std::string& client, const std::string& service) {
    const proof::WitnessRecord here = record(client);
    const std::array there{record(service)};
    const proof::Matching found = match(here, there);
    Answer answer{{}, exit_of(found, {}), found.strangers};
    for (const proof::Matched& one : found.sessions) {
        answer.fates.push_back(one.fate);
    }
    return answer;
}

inline proof::Fate fate(const proof::WitnessedSession& here, const proof::WitnessedSession& there) {
    return matched(log_of({here}), log_of({there})).fates.front();
}

}  // namespace sni::test
