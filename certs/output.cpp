#include "certs/output.h"

#include <cerrno>
#include <charconv>
#include <fstream>
#include <optional>
#include <string>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "certs/store.h"
#include "lab/core/codes.h"
#include "lab/core/diagnostic.h"
#include "lab/core/encoding.h"

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

/// The descriptor of ours, 1 or 2, that `status` is of.
std::optional<int> own_stream(const struct stat& status) {
    for (const int fd : {STDOUT_FILENO, STDERR_FILENO}) {
        struct stat own{};
        const bool open = ::fstat(fd, &own) == 0;
        if (open && own.st_dev == status.st_dev && own.st_ino == status.st_ino) return fd;
    }
    return std::nullopt;
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

/// What the umask leaves to a new file. It is read and not set, since other threads make files, too
/// (proc(5), Linux 4.7).
int new_file_mode() {
    constexpr unsigned kAll = 0666;
    unsigned mask = 0022;
    constexpr std::string_view kBegin = "Umask:\t";
    std::ifstream in("/proc/self/status");
    for (std::string line; std::getline(in, line);) {
        if (!line.starts_with(kBegin)) continue;
        std::from_chars(line.data() + kBegin.size(), line.data() + line.size(), mask, 8);
        break;
    }
    return static_cast<int>(kAll & ~mask);
}

/// Where the file itself lies, or would.
fs::path end_of_links(const fs::path& file) {
    std::error_code none;
    if (!fs::is_symlink(fs::symlink_status(file, none))) return file;
    if (fs::path end = fs::canonical(file, none); !none) return end;
    return file.parent_path() / fs::read_symlink(file, none);  // it leads to what is not there yet
}

}  // namespace

void refuse_pem(const fs::path& file) {
    constexpr std::string_view kBegin = "-----BEGIN ";
    constexpr std::size_t kLookedAt = 64u << 10;  // openssl writes text in front of it
    std::error_code none;
    if (!fs::is_regular_file(file, none)) return;  // a pipe has nothing to lose, and would wait
    std::ifstream in(file, std::ios::binary);
    std::string text(kLookedAt, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(in.gcount()));
    if (!text.starts_with(kBegin) && !text.contains(fmt::format("\n{}", kBegin))) return;
    throw Failure(Exit::usage, Diagnostic{.code = std::string(code::kCannotWrite),
                                          .place = {.file = printable(file.native())},
                                          .message = "this is a key or a certificate",
                                          .why = "it would be lost or spoiled",
                                          .hint = "choose another name"});
}

void clear_output(const fs::path& file) {
    if (file == "-") return;
    const auto status = status_of(file);
    if (!status || !S_ISREG(status->st_mode) || own_stream(*status)) return;
    refuse_pem(file);
    const fs::path end = end_of_links(file);
    // One that has a mode of its own has it because somebody wants it so.
    const bool own_mode = static_cast<int>(status->st_mode & 0777u) != new_file_mode();
    std::error_code none;
    if (own_mode) fs::resize_file(end, 0, none);
    if (!own_mode || none) fs::remove(end, none);
}

void write_output(const fs::path& file, std::string_view content) {
    if (file == "-") return write_output("/dev/stdout", content);
    const auto status = status_of(file);
    if (status && S_ISDIR(status->st_mode)) refuse_output(file, "this is a folder");
    const auto own = status ? own_stream(*status) : std::nullopt;
    if (!own && (!status || S_ISREG(status->st_mode))) {
        if (status) refuse_pem(file);
        const int mode = status ? static_cast<int>(status->st_mode & 0777u) : new_file_mode();
        return write_file(end_of_links(file), content, mode);
    }
    const int fd = own ? *own : ::open(file.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY);
    const bool written = fd >= 0 && write_all(fd, content);
    const int error = errno;
    if (fd >= 0 && !own) ::close(fd);
    if (!written) refuse_output(file, std::generic_category().message(error));
}

}  // namespace sni::certs
