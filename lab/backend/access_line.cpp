#include "lab/backend/access_line.h"

#include <array>

#include "certs/clock.h"
#include "lab/core/cert_facts.h"
#include "lab/log/json_line.h"

namespace sni::backend {

namespace {

using log::JsonLine;

void exact_or_null(JsonLine& line, const std::string* text) {
    text ? line.exact(*text) : line.null();
}

/// "0.25" for 250 µs, without zeros at the end.
void milliseconds(JsonLine& line, std::chrono::microseconds took) {
    constexpr int kThousand = 1000;
    line.number(took.count() / kThousand);
    const auto rest = static_cast<int>(took.count() % kThousand);
    if (rest == 0) return;
    const std::array<char, 4> fraction = {'.', static_cast<char>('0' + rest / 100),
                                          static_cast<char>('0' + rest / 10 % 10),
                                          static_cast<char>('0' + rest % 10)};
    std::string_view digits(fraction.data(), fraction.size());
    line.raw(digits.substr(0, digits.find_last_not_of('0') + 1));
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

}  // namespace

std::string access_line(const ServedRequest& served) {
    JsonLine line;
    line.raw(R"({"bytes":)").number(served.bytes);
    line.raw(R"(,"method":)");
    exact_or_null(line, served.method);
    line.raw(R"(,"ms":)");
    milliseconds(line, served.took);
    line.raw(R"(,"peer":)").exact(to_string(served.peer));
    if (!served.reason.empty()) line.raw(R"(,"reason":)").exact(served.reason);
    line.raw(R"(,"sni":)");
    exact_or_null(line, served.sni);
    line.raw(R"(,"status":)").number(served.status);
    line.raw(R"(,"target":)");
    exact_or_null(line, served.target);
    line.raw(R"(,"time":")").raw(time_now());
    line.raw(served.whole ? R"(","whole":true})" : R"(","whole":false})");
    return line.take();
}

std::string access_line(const FailedHandshake& failed) {
    JsonLine line;
    line.raw(R"({"bytes":0,"handshake":"failed","method":null,"peer":)");
    line.exact(to_string(failed.peer));
    line.raw(R"(,"reason":)").exact(failed.reason);
    line.raw(R"(,"saw":)");
    failed.saw.empty() ? line.null() : line.exact(failed.saw);
    line.raw(R"(,"sni":)");
    exact_or_null(line, failed.sni);
    line.raw(R"(,"status":0,"target":null,"time":")").raw(time_now());
    line.raw(R"(","whole":false})");
    return line.take();
}

}  // namespace sni::backend
