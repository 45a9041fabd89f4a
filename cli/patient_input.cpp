#include "cli/patient_input.h"

#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/flags.h"
#include "lab/core/codes.h"
#include "lab/core/diagnostic.h"
#include "lab/core/duration.h"
#include "lab/core/encoding.h"
#include "lab/net/wait.h"

namespace sni::cli {

namespace {

[[noreturn]] void cannot_read(const std::string& file, std::string why, const std::string& hint) {
    throw Failure(Exit::usage, code::kUnreadableFile,
                  fmt::format("{} cannot be read", file == "-" ? "stdin" : printable(file)),
                  std::move(why), hint);
}

/// A whole line that is neither empty nor a key log's comment.
bool has_telling_line(std::string_view text) {
    for (std::size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
        std::string_view line = text.substr(0, end);
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (!line.empty() && !line.starts_with('#')) return true;
        text.remove_prefix(end + 1);
    }
    return false;
}

}  // namespace

PatientInput::PatientInput(std::string file, std::chrono::milliseconds patience, std::string hint)
    : file_(std::move(file)),
      hint_(std::move(hint)),
      patience_(patience),
      // A pipe that nobody writes to yet would be waited for in here.
      fd_(::open(input_file(file_).c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)) {
    const int error = errno;
    struct stat status{};
    if (!fd_ || ::fstat(fd_.fd(), &status) != 0)
        cannot_read(file_, std::generic_category().message(error), hint_);
    if (S_ISDIR(status.st_mode)) cannot_read(file_, std::generic_category().message(EISDIR), hint_);
}

std::string_view PatientInput::begin() {
    if (fd_ && gptr() == nullptr) {
        // A pipe gives its beginning in pieces.
        while (fill() && !has_telling_line({gptr(), egptr()})) {
        }
    }
    check();
    return {gptr(), static_cast<std::size_t>(egptr() - gptr())};
}

std::string PatientInput::read(std::size_t limit) {
    std::string all;
    while (underflow() != traits_type::eof()) {
        all.append(gptr(), egptr());
        setg(eback(), egptr(), egptr());
        if (all.size() > limit)
            cannot_read(file_, fmt::format("it has more than {} bytes", limit), hint_);
    }
    check();
    return all;
}

void PatientInput::check() const {
    if (!trouble_.empty()) cannot_read(file_, trouble_, hint_);
}

PatientInput::int_type PatientInput::underflow() {
    if (gptr() == egptr()) {
        setg(piece_.data(), piece_.data(), piece_.data());
        if (!fd_ || !fill()) return traits_type::eof();
    }
    return traits_type::to_int_type(*gptr());
}

/// Behind what is there; false at the end, and where there is no room.
bool PatientInput::fill() {
    if (gptr() == nullptr) setg(piece_.data(), piece_.data(), piece_.data());
    char* const free = egptr();
    const auto room = static_cast<std::size_t>(piece_.data() + piece_.size() - free);
    if (room == 0) return false;
    const auto deadline = net::Clock::now() + patience_;
    for (;;) {
        if (!net::wait_for({{fd_.fd()}}, deadline)) {
            trouble_ = fmt::format("nothing came for {}", to_string(patience_));
            return false;
        }
        const ssize_t got = ::read(fd_.fd(), free, room);
        if (got > 0) setg(eback(), gptr(), free + got);
        if (got >= 0) return got > 0;
        if (errno == EINTR || errno == EAGAIN) continue;
        trouble_ = std::generic_category().message(errno);
        return false;
    }
}

}  // namespace sni::cli
