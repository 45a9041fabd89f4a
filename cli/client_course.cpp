#include "cli/client_course.h"

#include <algorithm>
#include <csignal>
#include <cstring>
#include <iterator>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "cli/signals.h"
#include "lab/core/codes.h"
#include "lab/core/diagnostic.h"
#include "lab/core/encoding.h"

namespace sni::cli {

namespace {

std::string signal_name(int number) {
    return fmt::format("signal {} ({})", number, ::strsignal(number));
}

}  // namespace

std::string Directions::name() const {
    return host.contains(':') ? "[" + host + "]" : host;
}

std::string Directions::url() const {
    return fmt::format("https://{}:{}{}", name(), to.port, path);
}

Environment Directions::environment() const {
    const std::string here = fmt::format("{}:{}", name(), to.port);
    const std::string there = to_string(to);
    return {{"SSLKEYLOGFILE", key_log},
            {"SNI_LAB_CONNECT_TO", fmt::format("{}:{}", here, there)},
            {"SNI_LAB_RESOLVE", fmt::format("{}:{}", here, there.substr(0, there.rfind(':')))},
            {"SNI_LAB_HOST_RULES", fmt::format("MAP {} {}", here, there)}};
}

std::string Directions::filled_in(std::string_view word) const {
    const std::pair<std::string_view, std::string> values[] = {
        {"{url}", url()},
        {"{host}", host},
        {"{port}", std::to_string(to.port)},
        {"{path}", path},
        {"{connect}", to_string(to)},
        {"{proxy}", to_string(to)},
        {"{keylog}", key_log},
        {"{folder}", folder},
    };
    // In one go: a value may look like a placeholder.
    std::string filled;
    while (!word.empty()) {
        const auto here = std::ranges::find_if(
            values, [&](const auto& value) { return word.starts_with(value.first); });
        if (here == std::end(values)) {
            filled += word.front();
            word.remove_prefix(1);
        } else {
            filled += here->second;
            word.remove_prefix(here->first.size());
        }
    }
    return filled;
}

std::string host_for(const std::optional<std::string>& sni, const Endpoint& to) {
    return sni.value_or(to.host);
}

Captured send(const OwnClient& client, const Directions& way, std::chrono::milliseconds within) {
    constexpr std::size_t kMostOutput = 1u << 20;  // it may print a page around the statement
    std::vector<std::string> words;
    words.reserve(client.command.size());
    for (const std::string& word : client.command) {
        words.push_back(way.filled_in(word));
    }
    return run_captured(words, way.environment(), within, kMostOutput, client.quiet,
                        Leftovers::ended);
}

std::string ending_of(const Captured& captured, std::chrono::milliseconds within) {
    if (captured.late) return fmt::format("did not end within {} ms", within.count());
    if (captured.signal != 0) return "was ended by " + signal_name(captured.signal);
    if (captured.status == 0) return "";
    std::string ended = fmt::format("ended with status {}", captured.status);
    const int told = captured.status - 128;
    if (told > 0 && told <= SIGSYS) {
        ended +=
            fmt::format(", a shell's word for a command that was ended by {}", signal_name(told));
    }
    return ended;
}

void end_if_interrupted(const Captured& captured, const OwnClient& client) {
    if (!captured.interrupted) return;
    throw Failure(static_cast<Exit>(128 + Signals::stopped_by()), code::kCommandFailed,  // NOLINT
                  fmt::format("{} was ended with this process", printable(client.name)));
}

}  // namespace sni::cli
