#include "lab/log/line_log.h"

#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <unistd.h>

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

void refuse_pem(const std::filesystem::path& file) {
    constexpr std::string_view kBegin = "-----BEGIN ";
    std::error_code none;
    if (!std::filesystem::is_regular_file(file, none)) return;
    std::ifstream in(file, std::ios::binary);
    std::string text(kBegin.size(), '\0');
    if (!in.read(text.data(), static_cast<std::streamsize>(text.size())) || text != kBegin) return;
    throw Failure(Exit::usage, Diagnostic{.code = std::string(code::kCannotWrite),
                                          .place = {.file = printable(file.native())},
                                          .message = "this is a key or a certificate",
                                          .why = "what is written behind it would spoil it",
                                          .hint = "choose another name"});
}

Output open_file(const FilePlace& place, std::string_view what, std::string_view hint) {
    refuse_pem(place.path);
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
