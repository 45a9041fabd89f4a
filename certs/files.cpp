#include "certs/files.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/crypto.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "certs/atomic_file.h"
#include "lab/core/codes.h"
#include "lab/core/duration.h"
#include "lab/core/encoding.h"

namespace sni::certs {

namespace fs = std::filesystem;

namespace {

[[noreturn]] void cannot_read(const fs::path& file, std::string why) {
    Diagnostic d = about(file, code::kUnreadableFile, "this cannot be read");
    d.why = std::move(why);
    throw Failure(Exit::usage, std::move(d));
}

bool is_folder(const fs::path& path) {
    struct stat status{};
    return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

void make_folder(const fs::path& folder, std::vector<fs::path>& made) {
    if (is_folder(folder)) return;
    const fs::path parent = folder.parent_path();
    if (!parent.empty() && parent != folder) make_folder(parent, made);
    if (::mkdir(folder.c_str(), 0700) == 0) {
        made.push_back(folder);
        ::chmod(folder.c_str(), 0700);  // against an umask that takes from the owner
        return;
    }
    const int error = errno;
    if (is_folder(folder)) return;  // somebody was faster, or the path ends in a slash
    cannot_write(folder, error == EEXIST ? ENOTDIR : error);
}

}  // namespace

PrivateFolder::PrivateFolder(std::string_view name) {
    std::error_code error;
    const fs::path folder = fs::temp_directory_path(error);
    if (error) {
        const char* const named = std::getenv("TMPDIR");
        throw Failure(Exit::machine, code::kCannotWrite,
                      fmt::format("TMPDIR \"{}\" is no folder", printable(named ? named : "")),
                      error.message(), "name one that you may write, or unset it: TMPDIR=/tmp");
    }
    std::string pattern = folder / fmt::format("{}-XXXXXX", name);
    if (::mkdtemp(pattern.data()) == nullptr) {
        throw Failure(Exit::machine, code::kCannotWrite,
                      fmt::format("\"{}\" cannot be made", printable(pattern)),
                      std::strerror(errno), "is TMPDIR writable?");
    }
    path_ = pattern;
}

PrivateFolder::~PrivateFolder() {
    std::error_code none;
    std::filesystem::remove_all(path_, none);
}

std::vector<fs::path> make_private_folder(const fs::path& folder) {
    std::vector<fs::path> made;
    try {
        make_folder(folder, made);
    } catch (const Failure&) {
        for (auto path = made.rbegin(); path != made.rend(); ++path) {
            ::rmdir(path->c_str());
        }
        throw;
    }
    return made;
}

FolderLock::FolderLock(const fs::path& folder)
    : folder_(::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
    if (folder_ < 0) cannot_write(folder, errno);
    // Where there are no locks two writers do not take turns; each step of theirs is still whole.
    while (::flock(folder_, LOCK_EX) != 0 && errno == EINTR) {
    }
}

FolderLock::~FolderLock() {
    ::close(folder_);
}

void write_file(const fs::path& file, std::string_view content, int mode) {
    const Folder folder(file.parent_path());
    folder.refuse_odd_target(file.filename(), true);
    const StopsDeferred whole;
    TemporaryFile next(folder, file.filename(), content, mode);
    next.place();
    folder.sync();
}

bool write_new_file(const fs::path& file, std::string_view content, int mode) {
    const Folder folder(file.parent_path());
    if (folder.kind(file.filename()) != Folder::Kind::nothing) return false;
    const StopsDeferred whole;
    TemporaryFile next(folder, file.filename(), content, mode);
    if (!next.place_new()) return false;
    folder.sync();
    return true;
}

std::string read_file(const fs::path& file, std::size_t limit, std::chrono::milliseconds patience) {
    // A pipe that nobody writes to yet would be waited for in here.
    const Descriptor fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
    struct stat status{};
    if (!fd.open() || ::fstat(fd.get(), &status) != 0) cannot_read(file, reason(errno));
    using Clock = std::chrono::steady_clock;
    constexpr std::chrono::milliseconds kMost(std::numeric_limits<int>::max());
    const auto deadline = Clock::now() + std::min(patience, kMost);
    std::string content;
    std::array<char, 16384> chunk{};
    while (true) {
        pollfd watched{fd.get(), POLLIN, 0};
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
        const int ready =
            ::poll(&watched, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
        if (ready == 0 || (!S_ISREG(status.st_mode) && left.count() < 0)) {
            cannot_read(file,
                        content.empty()
                            ? fmt::format("nothing came for {}", to_string(patience))
                            : fmt::format("its end did not come within {}", to_string(patience)));
        }
        const ssize_t count = ::read(fd.get(), chunk.data(), chunk.size());
        if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (count < 0) cannot_read(file, reason(errno));
        if (count == 0) break;
        content.append(chunk.data(), static_cast<std::size_t>(count));
        if (content.size() > limit) {
            cannot_read(file, fmt::format("it has more than {} bytes", limit));
        }
    }
    OPENSSL_cleanse(chunk.data(), chunk.size());
    return content;
}

std::optional<Diagnostic> exposed(const fs::path& file) {
    struct stat status{};
    if (::stat(file.c_str(), &status) != 0) return std::nullopt;
    // Root can use every file anyway, and owns what is mounted into a pod.
    if (status.st_uid != ::geteuid() && status.st_uid != 0) {
        Diagnostic d = about(file, code::kExposedKey,
                             fmt::format("this private key belongs to user {}", status.st_uid));
        d.level = Level::warning;
        d.why = "who owns a file can use it, and put another key into it";
        d.hint = "chown it, or keep the key in a file of your own";
        return d;
    }
    if ((status.st_mode & 0077u) != 0) {
        Diagnostic d =
            about(file, code::kExposedKey,
                  fmt::format("this private key has mode {:04o}", status.st_mode & 07777u));
        d.level = Level::warning;
        d.why = "others on this machine can use it";
        d.hint = "chmod 600 it";
        return d;
    }
    const fs::path folder = file.has_parent_path() ? file.parent_path() : fs::path(".");
    if (::stat(folder.c_str(), &status) != 0) return std::nullopt;
    if ((status.st_mode & S_IWOTH) == 0 || (status.st_mode & S_ISVTX) != 0) return std::nullopt;
    Diagnostic d = about(
        file, code::kExposedKey,
        fmt::format("this private key lies in a folder of mode {:04o}", status.st_mode & 07777u));
    d.level = Level::warning;
    d.why = "others on this machine can put another one in its place";
    d.hint = "chmod go-w the folder, or keep the key in one of your own";
    return d;
}

}  // namespace sni::certs
