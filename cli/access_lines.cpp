#include "cli/access_lines.h"

#include <fmt/format.h>
#include <fmt/ostream.h>
#include <unistd.h>

#include "cli/caught.h"

namespace sni::cli {

AccessLines::AccessLines(const std::string& flag, Talk* otherwise)
    : otherwise_(flag.empty() ? otherwise : nullptr) {
    if (flag.empty() || flag == "off") return;
    own_ = flag == "-" ? std::make_unique<log::LineLog>(STDOUT_FILENO)
                       : std::make_unique<log::LineLog>(
                             log::FilePlace{.path = flag}, "the access log",
                             "name another file with --access-log, - for stdout, or off");
}

std::function<void(std::string_view)> AccessLines::sink() const {
    if (own_) return [log = own_.get()](std::string_view line) { log->line(line); };
    if (otherwise_) return [talk = otherwise_](std::string_view line) { talk->line(line); };
    return {};
}

void AccessLines::reopen(std::ostream& err) {
    if (own_) reopen_log([this] { own_->reopen(); }, err);
}

void AccessLines::finish(std::ostream& err) {
    if (own_) own_->close();
    tell_lost_lines(lost(), err);
}

void reopen_log(const std::function<void()>& reopen, std::ostream& err, std::string_view what) {
    try {
        reopen();
    } catch (...) {
        tell_caught(err);
        fmt::print(err, "not reopened: the {} before stays\n", what);
    }
}

void tell_lost_lines(std::size_t lost, std::ostream& err, std::string_view what) {
    if (lost > 0) fmt::print(err, "{}: {} line{} lost\n", what, lost, lost == 1 ? "" : "s");
}

}  // namespace sni::cli
