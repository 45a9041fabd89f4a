#include "lab/backend/access_line.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "certs/clock.h"
#include "lab/core/cert_facts.h"

namespace sni::backend {

namespace {

/// Appended to the line as JSON; only what peers chose can need escaping.
void append_json(std::string& line, std::string_view text) {
    const bool plain = std::ranges::all_of(
        text, [](char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; });
    if (plain) {
        line.append(1, '"').append(text).append(1, '"');
        return;
    }
    constexpr auto kReplace = nlohmann::json::error_handler_t::replace;
    line += nlohmann::json(text).dump(-1, ' ', true, kReplace);
}

void append_json(std::string& line, const std::string* text) {
    if (!text) {
        line += "null";
    } else {
        append_json(line, std::string_view(*text));
    }
}

template <class Number>
void append_number(std::string& line, Number number) {
    const fmt::format_int digits(number);
    line.append(digits.data(), digits.size());
}

/// "0.25" for 250 µs, without zeros at the end.
void append_milliseconds(std::string& line, std::chrono::microseconds took) {
    constexpr int kThousand = 1000;
    append_number(line, took.count() / kThousand);
    const auto rest = static_cast<int>(took.count() % kThousand);
    if (rest == 0) return;
    const std::array<char, 3> fraction = {static_cast<char>('0' + rest / 100),
                                          static_cast<char>('0' + rest / 10 % 10),
                                          static_cast<char>('0' + rest % 10)};
    std::string_view digits(fraction.data(), fraction.size());
    digits.remove_suffix(digits.size() - 1 - digits.find_last_not_of('0'));
    line.append(1, '.').append(digits);
}

void append_peer(std::string& line, const Endpoint& peer) {
    line += '"';
    if (peer.kind == Endpoint::Kind::ipv4) {
        line.append(peer.host).append(1, ':');
        append_number(line, peer.port);
    } else {
        line += to_string(peer);
    }
    line += '"';
}

/// Made once a second for each thread.
const std::string& time_now() {
    static thread_local std::chrono::sys_seconds second;
    static thread_local std::string text;
    const auto now = wall_clock();
    if (text.empty() || now != second) text = sni::to_string(now);
    second = now;
    return text;
}

/// Most lines are shorter, and then made without a second allocation.
constexpr std::size_t kUsualLine = 256;

}  // namespace

// By hand, since this is done for each request: a document would cost as much as the answer, and
// a format string with nine fields twenty times as much as this.
std::string access_line(const ServedRequest& served) {
    std::string line;
    line.reserve(kUsualLine);
    line += R"({"bytes":)";
    append_number(line, served.bytes);
    line += R"(,"method":)";
    append_json(line, served.method);
    line += R"(,"ms":)";
    append_milliseconds(line, served.took);
    line += R"(,"peer":)";
    append_peer(line, served.peer);
    line += R"(,"sni":)";
    append_json(line, served.sni);
    line += R"(,"status":)";
    append_number(line, served.status);
    line += R"(,"target":)";
    append_json(line, served.target);
    line.append(R"(,"time":")").append(time_now());
    line += served.whole ? R"(","whole":true})" : R"(","whole":false})";
    return line;
}

std::string access_line(const FailedHandshake& failed) {
    std::string line = R"({"bytes":0,"handshake":"failed","method":null,"peer":)";
    append_peer(line, failed.peer);
    line += R"(,"reason":)";
    append_json(line, failed.reason);
    line += R"(,"saw":)";
    if (failed.saw.empty()) {
        line += "null";
    } else {
        append_json(line, failed.saw);
    }
    line += R"(,"sni":)";
    append_json(line, failed.sni);
    line.append(R"(,"status":0,"target":null,"time":")").append(time_now());
    return line + R"(","whole":false})";
}

}  // namespace sni::backend
