#include "certs/output.h"

#include <cerrno>
#include <charconv>
#include <fstream>
#include <optional>
#include <string>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "certs/atomic_file.h"
#include "certs/files.h"
#include "lab/core/codes.h"
#include "lab/core/diagnostic.h"
#include "lab/core/encoding.h"
#include "lab/core/pem_text.h"

namespace sni::certs {

namespace {

namespace fs = std::filesystem;

[[noreturn]] void refuse_output(const fs::path& file, std::string why) {
    throw Failure(Exit::machine, Diagnostic{.code = std::string(code::kCannotWrite),
                                            .place = {.file = printable(file.native())},
                                            .message = "this cannot be written",
                                            .why = std::move(why),
                                            .hint = "give the name of a file"});
}

std::optional<struct stat> status_of(const fs::path& file) {
    struct stat status{};
    if (::stat(file.c_str(), &status) != 0) return std::nullopt;
    return status;
}

/// Where the links of a name end.
struct End {
    fs::path file;  ///< it is there, or would be
    /// Of a name such as /dev/fd/3: its link may lead to a file, but is none that can be replaced.
    std::optional<int> descriptor;
};

/// The number of a descriptor of ours that is `file`, which lies in `descriptors`.
std::optional<int> number_in(const fs::path& descriptors, const fs::path& file) {
    std::error_code none;
    const fs::path folder = file.has_parent_path() ? file.parent_path() : fs::path(".");
    if (descriptors.empty() || fs::canonical(folder, none) != descriptors) return std::nullopt;
    const std::string name = file.filename();
    int number = 0;
    const char* const end = name.data() + name.size();
    if (std::from_chars(name.data(), end, number).ptr != end) return std::nullopt;
    return number;
}

End end_of_links(fs::path file) {
    constexpr int kMostLinks = 40;  // path_resolution(7)
    std::error_code none;
    const fs::path descriptors = fs::canonical("/proc/self/fd", none);
    for (int links = 0; links < kMostLinks; ++links) {
        if (const auto number = number_in(descriptors, file)) return {file, number};
        if (!fs::is_symlink(fs::symlink_status(file, none))) break;
        file = file.parent_path() / fs::read_symlink(file, none);
    }
    return {file, std::nullopt};
}

/// The descriptor of ours, 1 or 2, that `status` is of.
std::optional<int> own_stream(const struct stat& status) {
    for (const int fd : {STDOUT_FILENO, STDERR_FILENO}) {
        struct stat own{};
        const bool open = ::fstat(fd, &own) == 0;
        if (open && own.st_dev == status.st_dev && own.st_ino == status.st_ino) return fd;
    }
    return std::nullopt;
}

/// The descriptor of ours behind which an answer goes, as behind a shell's redirection.
std::optional<int> own_descriptor(const End& end, const struct stat& status) {
    return end.descriptor && S_ISREG(status.st_mode) ? end.descriptor : own_stream(status);
}

bool write_all(int fd, std::string_view content) {
    while (!content.empty()) {
        const ssize_t written = ::write(fd, content.data(), content.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return false;
        content.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

/// It is read and not set, since other threads make files, too (proc(5), Linux 4.7).
std::optional<unsigned> own_umask() {
    constexpr std::string_view kBegin = "Umask:\t";
    std::ifstream in("/proc/self/status");
    for (std::string line; std::getline(in, line);) {
        if (!line.starts_with(kBegin)) continue;
        unsigned mask = 0;
        std::from_chars(line.data() + kBegin.size(), line.data() + line.size(), mask, 8);
        return mask;
    }
    return std::nullopt;
}

/// A folder that takes no other file in the place of one may let that one be written: it is another
/// user's, or read-only, or the file is a mount.
bool may_be_in_place(int error) {
    return error == EACCES || error == EPERM || error == EBUSY || error == EROFS;
}

void write_in_place(const fs::path& file, std::string_view content) {
    const Descriptor fd(
        ::open(file.c_str(), O_WRONLY | O_TRUNC | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC));
    if (!fd.open() || !write_all(fd.get(), content)) cannot_write(file, errno);
}

void replace(const fs::path& file, std::string_view content, int mode) try {
    write_file(file, content, mode);
} catch (const CannotWrite& refused) {
    if (!may_be_in_place(refused.error())) throw;
    write_in_place(file, content);
}

}  // namespace

int new_file_mode(const fs::path& folder) {
    constexpr unsigned kAll = 0666;
    if (const auto mask = own_umask()) return static_cast<int>(kAll & ~*mask);
    // Without /proc a file tells that is never seen.
    const Descriptor probe(::open(folder.empty() ? "." : folder.c_str(),
                                  O_TMPFILE | O_WRONLY | O_CLOEXEC, static_cast<mode_t>(kAll)));
    struct stat status{};
    if (!probe.open() || ::fstat(probe.get(), &status) != 0) return 0600;
    return static_cast<int>(status.st_mode & 0777u);
}

void refuse_pem(const fs::path& file) {
    constexpr std::size_t kLookedAt = 64u << 10;  // openssl writes text in front of it
    std::error_code none;
    if (!fs::is_regular_file(file, none)) return;  // a pipe has nothing to lose, and would wait
    std::ifstream in(file, std::ios::binary);
    std::string text(kLookedAt, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(in.gcount()));
    if (pem_line(text) == 0) return;
    throw Failure(Exit::usage, Diagnostic{.code = std::string(code::kCannotWrite),
                                          .place = {.file = printable(file.native())},
                                          .message = "this is a key or a certificate",
                                          .why = "it would be lost or spoiled",
                                          .hint = "choose another name"});
}

void clear_output(const fs::path& file) {
    if (file == "-") return;
    const auto status = status_of(file);
    if (!status || !S_ISREG(status->st_mode)) return;
    const End end = end_of_links(file);
    if (own_descriptor(end, *status)) return;
    refuse_pem(file);
    // One that has a mode of its own has it because somebody wants it so.
    const bool own_mode =
        static_cast<int>(status->st_mode & 0777u) != new_file_mode(end.file.parent_path());
    std::error_code kept;
    if (!own_mode) fs::remove(end.file, kept);
    if (own_mode || kept) fs::resize_file(end.file, 0, kept);
    if (own_mode && kept) fs::remove(end.file, kept);
}

void write_output(const fs::path& file, std::string_view content) {
    if (file == "-") return write_output("/dev/stdout", content);
    const auto status = status_of(file);
    if (status && S_ISDIR(status->st_mode)) refuse_output(file, "this is a folder");
    const End end = end_of_links(file);
    if (!status) return write_file(end.file, content, new_file_mode(end.file.parent_path()));
    const auto own = own_descriptor(end, *status);
    if (!own && S_ISREG(status->st_mode)) {
        refuse_pem(file);
        return replace(end.file, content, static_cast<int>(status->st_mode & 0777u));
    }
    const int fd = own ? *own : ::open(file.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY);
    const bool written = fd >= 0 && write_all(fd, content);
    const int error = errno;
    if (fd >= 0 && !own) ::close(fd);
    if (!written) refuse_output(file, std::generic_category().message(error));
}

}  // namespace sni::certs
