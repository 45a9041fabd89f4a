#include "lab/log/line_log.h"

#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <unistd.h>

#include "certs/output.h"
#include "lab/core/codes.h"
#include "lab/core/diagnostic.h"
#include "lab/core/encoding.h"

namespace sni::log {

namespace {

std::string as_it_is(const std::string& text) {
    return text;
}

std::size_t length(const std::string& text) {
    return text.size();
}

}  // namespace

Output open_file(const FilePlace& place, std::string_view what, std::string_view hint) {
    certs::refuse_pem(place.path);
    auto output = Output::file(place);
    if (output) return std::move(*output);
    throw Failure(Exit::machine, code::kCannotWrite,
                  fmt::format("cannot write {} \"{}\"", what, printable(place.path.string())),
                  std::generic_category().message(output.error()), std::string(hint));
}

Output open_standard(int fd) {
    auto output = Output::standard(fd);
    if (output) return std::move(*output);
    throw Failure(Exit::machine, code::kCannotWrite,
                  fmt::format("cannot write to {}", fd == STDERR_FILENO ? "stderr" : "stdout"),
                  std::generic_category().message(output.error()));
}

LineLog::LineLog(FilePlace place, std::string what, std::string hint)
    : place_(std::move(place)),
      what_(std::move(what)),
      hint_(std::move(hint)),
      queue_(open_file(*place_, what_, hint_), as_it_is, length) {}

LineLog::LineLog(int standard) : queue_(open_standard(standard), as_it_is, length) {}

void LineLog::line(std::string_view text) noexcept {
    try {
        std::string whole;
        whole.reserve(text.size() + 1);
        whole += text;
        whole += '\n';
        queue_.push(std::move(whole));
    } catch (const std::exception&) {
        queue_.lose();
    }
}

void LineLog::text(std::string text) {
    queue_.push(std::move(text));
}

void LineLog::reopen() {
    if (place_) queue_.replace(open_file(*place_, what_, hint_));
}

}  // namespace sni::log
