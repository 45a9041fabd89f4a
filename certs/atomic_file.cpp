#include "certs/atomic_file.h"

#include <cstdio>
#include <random>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>

#include "lab/core/codes.h"
#include "lab/core/encoding.h"

namespace sni::certs {

namespace fs = std::filesystem;

namespace {

/// A file name has up to 255 bytes (NAME_MAX), of which the rest of a temporary one takes some.
constexpr std::size_t kNameBytes = 200;

std::string temporary_name(const std::string& name) {
    std::random_device random;
    return fmt::format(".{}.tmp-{:08x}{:08x}", name.substr(0, kNameBytes), random(), random());
}

bool fill(int fd, std::string_view content, int mode) {
    while (!content.empty()) {
        const ssize_t written = ::write(fd, content.data(), content.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return false;
        content.remove_prefix(static_cast<std::size_t>(written));
    }
    return ::fchmod(fd, static_cast<mode_t>(mode)) == 0 && ::fsync(fd) == 0;
}

}  // namespace

std::string reason(int error) {
    return std::generic_category().message(error);
}

Diagnostic about(const fs::path& file, std::string_view code, std::string message) {
    return {.code = std::string(code),
            .place = {.file = printable(file.native())},
            .message = std::move(message)};
}

void cannot_write(const fs::path& file, int error) {
    const bool forbidden = error == EACCES || error == EPERM;
    Diagnostic d =
        about(file, forbidden ? code::kNoPermission : code::kCannotWrite, "this cannot be written");
    d.why = reason(error);
    d.hint = forbidden ? "make its folder writable for you, or choose another folder"
                       : "look at the folder and the disk, or choose another folder";
    throw CannotWrite(std::move(d), error);
}

bool is_there(const fs::path& file) {
    struct stat status{};
    if (::lstat(file.c_str(), &status) == 0) return true;
    if (errno == ENOENT || errno == ENOTDIR) return false;
    const int error = errno;
    const bool forbidden = error == EACCES;
    Diagnostic d = about(file, forbidden ? code::kNoPermission : code::kUnreadableFile,
                         "nobody can tell whether this is there");
    d.why = reason(error);
    d.hint = "choose another folder, or ask its owner";
    throw Failure(forbidden ? Exit::machine : Exit::usage, std::move(d));
}

StopsDeferred::StopsDeferred() {
    sigset_t stops;
    sigemptyset(&stops);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP}) {
        sigaddset(&stops, signal);
    }
    ::pthread_sigmask(SIG_BLOCK, &stops, &before_);
}

StopsDeferred::~StopsDeferred() {
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

Folder::Folder(fs::path path)
    : path_(path.empty() ? fs::path(".") : std::move(path)),
      fd_(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
    if (!fd_.open()) cannot_write(path_, errno);
}

void Folder::sync() const {
    // Some file systems cannot sync a folder and say EINVAL (fsync(2)); theirs is safe anyway.
    if (::fsync(fd()) != 0 && errno != EINVAL) cannot_write(path_, errno);
}

Folder::Kind Folder::kind(const std::string& name) const {
    struct stat status{};
    if (::fstatat(fd(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
        if (errno == ENOENT) return Kind::nothing;
        cannot_write(file(name), errno);
    }
    if (S_ISREG(status.st_mode)) return Kind::file;
    return S_ISLNK(status.st_mode) ? Kind::link : Kind::other;
}

bool Folder::rename_new(const std::string& from, const std::string& to) const {
    if (::renameat2(fd(), from.c_str(), fd(), to.c_str(), RENAME_NOREPLACE) == 0) return true;
    if (errno == EINVAL || errno == ENOSYS) {  // NFS and others: a hard link replaces nothing
        if (::linkat(fd(), from.c_str(), fd(), to.c_str(), 0) == 0) {
            ::unlinkat(fd(), from.c_str(), 0);
            return true;
        }
    }
    if (errno == EEXIST) return false;
    cannot_write(file(to), errno);
}

void Folder::rename(const std::string& from, const std::string& to) const {
    if (::renameat(fd(), from.c_str(), fd(), to.c_str()) != 0) cannot_write(file(to), errno);
}

void Folder::refuse_odd_target(const std::string& name, bool links_too) const {
    const Kind found = kind(name);
    if (found != Kind::other && !(links_too && found == Kind::link)) return;
    Diagnostic d = about(file(name), code::kCannotWrite, "this is not a regular file");
    d.why = "it would be replaced, not written to";
    d.hint = "give the name of a file";
    throw Failure(Exit::machine, std::move(d));
}

TemporaryFile::TemporaryFile(const Folder& folder, const std::string& target,
                             std::string_view content, int mode)
    : folder_(&folder), target_(target), name_(temporary_name(target)) {
    const Descriptor fd(::openat(folder.fd(), name_.c_str(),
                                 O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!fd.open()) cannot_write(folder.file(target), errno);
    if (!fill(fd.get(), content, mode)) {
        const int error = errno;
        ::unlinkat(folder.fd(), name_.c_str(), 0);
        cannot_write(folder.file(target), error);
    }
}

TemporaryFile::~TemporaryFile() {
    if (!name_.empty()) ::unlinkat(folder_->fd(), name_.c_str(), 0);
}

TemporaryFile::TemporaryFile(TemporaryFile&& other) noexcept
    : folder_(other.folder_),
      target_(std::move(other.target_)),
      name_(std::exchange(other.name_, {})) {}

bool TemporaryFile::place_new() {
    if (!folder_->rename_new(name_, target_)) return false;
    name_.clear();
    return true;
}

void TemporaryFile::place() {
    folder_->rename(name_, target_);
    name_.clear();
}

Replacement::~Replacement() {
    for (auto step = done_.rbegin(); step != done_.rend(); ++step) {
        if (step->aside.empty()) {
            ::unlinkat(folder_.fd(), step->name.c_str(), 0);
        } else {
            ::renameat(folder_.fd(), step->aside.c_str(), folder_.fd(), step->name.c_str());
        }
    }
}

void Replacement::put_aside(const std::string& name) {
    if (folder_.kind(name) == Folder::Kind::nothing) return;
    const std::string aside = temporary_name(name);
    folder_.rename(name, aside);
    done_.push_back({name, aside});
}

void Replacement::put(TemporaryFile& file) {
    if (!file.place_new()) cannot_write(folder_.file(file.target()), EEXIST);
    done_.push_back({file.target(), {}});
}

void Replacement::commit() {
    for (const Step& step : std::exchange(done_, {})) {
        if (!step.aside.empty()) ::unlinkat(folder_.fd(), step.aside.c_str(), 0);
    }
}

}  // namespace sni::certs
