#include "lab/backend/key_log.h"

#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "certs/output.h"
#include "lab/core/codes.h"
#include "lab/core/diagnostic.h"
#include "lab/core/encoding.h"
#include "lab/log/output.h"

namespace sni::backend {

namespace {

[[noreturn]] void refuse(const std::string& file, int error) {
    throw Failure(Exit::machine, code::kCannotWrite,
                  "cannot write the key log \"" + printable(file) + "\"",
                  std::generic_category().message(error));
}

net::Descriptor open_to_append(const std::string& file) {
    certs::refuse_pem(file);
    constexpr int kFlags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
    return net::Descriptor(::open(file.c_str(), kFlags, 0600));
}

}  // namespace

KeyLog::KeyLog(const std::string& file) : file_(open_to_append(file)) {
    if (!file_) refuse(file, errno);
    struct stat status{};
    if (::fstat(file_.fd(), &status) != 0) refuse(file, errno);
    if (!S_ISREG(status.st_mode)) {
        throw Failure(Exit::usage, code::kUsage,
                      "the key log \"" + printable(file) + "\" is not a file");
    }
    if (::fchmod(file_.fd(), 0600) != 0) refuse(file, errno);
    torn_ = log::ends_within_line(file_.fd());
}

void KeyLog::write(std::string_view line) const {
    // In one piece, since other processes may append as well. A full disk loses lines; the
    // connections go on.
    const std::lock_guard lock(mutex_);
    const std::string whole = (torn_ ? "\n" : "") + std::string(line) + '\n';
    const ssize_t written = ::write(file_.fd(), whole.data(), whole.size());
    if (written > 0) torn_ = whole[static_cast<std::size_t>(written) - 1] != '\n';
}

}  // namespace sni::backend
