#include "certs/store.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <random>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "certs/digest.h"
#include "certs/inspect.h"
#include "certs/openssl.h"
#include "certs/pem.h"
#include "lab/core/codes.h"
#include "lab/core/encoding.h"

namespace sni::certs {

namespace {

namespace fs = std::filesystem;

/// A host name has up to 253 bytes and a file name 255 (NAME_MAX), of which the temporary name and
/// the extension take some.
constexpr std::size_t kStemBytes = 200;

std::string reason(int error) {
    return std::generic_category().message(error);
}

Diagnostic about(const fs::path& file, std::string_view code, std::string message) {
    return {.code = std::string(code),
            .place = {.file = printable(file.native())},
            .message = std::move(message)};
}

[[noreturn]] void cannot_write(const fs::path& file, int error) {
    const bool forbidden = error == EACCES || error == EPERM;
    Diagnostic d =
        about(file, forbidden ? code::kNoPermission : code::kCannotWrite, "this cannot be written");
    d.why = reason(error);
    d.hint = forbidden ? "make its folder writable for you, or choose another folder"
                       : "look at the folder and the disk, or choose another folder";
    throw Failure(Exit::machine, std::move(d));
}

[[noreturn]] void cannot_read(const fs::path& file, std::string why) {
    Diagnostic d = about(file, code::kUnreadableFile, "this cannot be read");
    d.why = std::move(why);
    throw Failure(Exit::usage, std::move(d));
}

class Descriptor {
  public:
    explicit Descriptor(int fd) : fd_(fd) {}
    ~Descriptor() {
        if (fd_ >= 0) ::close(fd_);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;

    int get() const { return fd_; }
    bool open() const { return fd_ >= 0; }

  private:
    int fd_;
};

/// Everything below happens relative to this one open folder, wherever its path leads meanwhile.
class Folder {
  public:
    explicit Folder(fs::path path)
        : path_(path.empty() ? fs::path(".") : std::move(path)),
          fd_(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
        if (!fd_.open()) cannot_write(path_, errno);
    }

    int fd() const { return fd_.get(); }
    fs::path file(const std::string& name) const { return path_ / name; }

    void sync() const {
        // Some file systems cannot sync a folder and say EINVAL (fsync(2)); theirs is safe anyway.
        if (::fsync(fd()) != 0 && errno != EINVAL) cannot_write(path_, errno);
    }

    enum class Kind { nothing, file, link, other };
    Kind kind(const std::string& name) const {
        struct stat status{};
        if (::fstatat(fd(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
            if (errno == ENOENT) return Kind::nothing;
            cannot_write(file(name), errno);
        }
        if (S_ISREG(status.st_mode)) return Kind::file;
        return S_ISLNK(status.st_mode) ? Kind::link : Kind::other;
    }

    /// False when `to` is there already.
    bool rename_new(const std::string& from, const std::string& to) const {
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

    void rename(const std::string& from, const std::string& to) const {
        if (::renameat(fd(), from.c_str(), fd(), to.c_str()) != 0) cannot_write(file(to), errno);
    }

  private:
    fs::path path_;
    Descriptor fd_;
};

std::string temporary_name(const std::string& name) {
    std::random_device random;
    return fmt::format(".{}.tmp-{:08x}{:08x}", name.substr(0, kStemBytes), random(), random());
}

/// A complete file of a temporary name, on disk; gone with this object unless it was placed.
class TemporaryFile {
  public:
    TemporaryFile(const Folder& folder, const std::string& target, std::string_view content,
                  int mode)
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
    ~TemporaryFile() {
        if (!name_.empty()) ::unlinkat(folder_->fd(), name_.c_str(), 0);
    }
    TemporaryFile(TemporaryFile&& other) noexcept
        : folder_(other.folder_),
          target_(std::move(other.target_)),
          name_(std::exchange(other.name_, {})) {}
    TemporaryFile& operator=(TemporaryFile&&) = delete;

    const std::string& target() const { return target_; }

    bool place_new() {
        if (!folder_->rename_new(name_, target_)) return false;
        name_.clear();
        return true;
    }
    void place() {
        folder_->rename(name_, target_);
        name_.clear();
    }

  private:
    static bool fill(int fd, std::string_view content, int mode) {
        while (!content.empty()) {
            const ssize_t written = ::write(fd, content.data(), content.size());
            if (written < 0 && errno == EINTR) continue;
            if (written < 0) return false;
            content.remove_prefix(static_cast<std::size_t>(written));
        }
        return ::fchmod(fd, static_cast<mode_t>(mode)) == 0 && ::fsync(fd) == 0;
    }

    const Folder* folder_;
    std::string target_;
    std::string name_;
};

/// Replaces several files of a folder, and takes every step back unless commit() is reached.
class Replacement {
  public:
    explicit Replacement(const Folder& folder) : folder_(folder) {}
    ~Replacement() {
        for (auto step = done_.rbegin(); step != done_.rend(); ++step) {
            if (step->aside.empty()) {
                ::unlinkat(folder_.fd(), step->name.c_str(), 0);
            } else {
                ::renameat(folder_.fd(), step->aside.c_str(), folder_.fd(), step->name.c_str());
            }
        }
    }
    Replacement(const Replacement&) = delete;
    Replacement& operator=(const Replacement&) = delete;

    void put_aside(const std::string& name) {
        if (folder_.kind(name) == Folder::Kind::nothing) return;
        const std::string aside = temporary_name(name);
        folder_.rename(name, aside);
        done_.push_back({name, aside});
    }

    void put(TemporaryFile& file) {
        if (!file.place_new()) cannot_write(folder_.file(file.target()), EEXIST);
        done_.push_back({file.target(), {}});
    }

    void commit() {
        for (const Step& step : std::exchange(done_, {})) {
            if (!step.aside.empty()) ::unlinkat(folder_.fd(), step.aside.c_str(), 0);
        }
    }

  private:
    /// `aside` empty: a new file was put at `name`.
    struct Step {
        std::string name;
        std::string aside;
    };
    const Folder& folder_;
    std::vector<Step> done_;
};

/// Nothing but what a host name has, no leading dot or hyphen. Of a name that is too long, the
/// front and a digest of the whole.
std::string file_stem(std::string_view name) {
    std::string stem;
    if (name.starts_with("*.")) {
        stem = "_wildcard";
        name.remove_prefix(1);
    }
    if (name.contains(':')) stem = "ipv6_";
    for (const char c : name) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
        stem += plain ? c : c == ':' ? '-' : '_';
    }
    if (stem.empty() || stem.front() == '.' || stem.front() == '-') stem.insert(0, "_");
    if (stem.size() > kStemBytes) {
        const Digest digest = sha256(as_bytes(name));
        stem =
            fmt::format("{}-{}", stem.substr(0, kStemBytes - 17), to_hex(Bytes(digest).first(8)));
    }
    return stem;
}

/// Is anything at `file`? Where nobody may look there is no answer, which is a Failure.
bool there(const fs::path& file) {
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

void refuse_odd_target(const Folder& folder, const std::string& name, bool links_too) {
    const Folder::Kind kind = folder.kind(name);
    if (kind != Folder::Kind::other && !(links_too && kind == Folder::Kind::link)) return;
    Diagnostic d = about(folder.file(name), code::kCannotWrite, "this is not a regular file");
    d.why = "it would be replaced, not written to";
    d.hint = "give the name of a file";
    throw Failure(Exit::machine, std::move(d));
}

/// --force replaces a key or a certificate, not whatever else has its name: a .key may be anybody's
/// slides. A link is replaced and not followed.
void refuse_other_content(const fs::path& file) {
    struct stat status{};
    if (::lstat(file.c_str(), &status) != 0 || !S_ISREG(status.st_mode) || status.st_size == 0)
        return;
    if (read_file(file).contains("-----BEGIN ")) return;
    Diagnostic d = about(file, code::kPairExists, "this is neither a key nor a certificate");
    d.why = "--force replaces what certgen makes, and nothing else";
    d.hint = "move it away, or write elsewhere with --out DIR";
    throw Failure(Exit::usage, std::move(d));
}

}  // namespace

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
    refuse_odd_target(folder, file.filename(), true);
    TemporaryFile next(folder, file.filename(), content, mode);
    next.place();
    folder.sync();
}

bool write_new_file(const fs::path& file, std::string_view content, int mode) {
    const Folder folder(file.parent_path());
    if (folder.kind(file.filename()) != Folder::Kind::nothing) return false;
    TemporaryFile next(folder, file.filename(), content, mode);
    if (!next.place_new()) return false;
    folder.sync();
    return true;
}

std::string read_file(const fs::path& file, std::size_t limit) {
    const Descriptor fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
    if (!fd.open()) cannot_read(file, reason(errno));
    std::string content;
    std::array<char, 16384> chunk{};
    while (true) {
        const ssize_t count = ::read(fd.get(), chunk.data(), chunk.size());
        if (count < 0 && errno == EINTR) continue;
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

PairPaths pair_paths(const fs::path& folder, std::string_view name) {
    const std::string stem = file_stem(name);
    return {.cert = folder / (stem + ".crt"), .key = folder / (stem + ".key")};
}

void refuse_existing(const PairPaths& paths) {
    for (const fs::path& file : {paths.key, paths.cert}) {
        if (!there(file)) continue;
        Diagnostic d = about(file, code::kPairExists, "this is there already");
        d.why = "a key or certificate is never overwritten unasked";
        d.hint =
            "use it as it is (sni-lab up does), replace it with --force, or write elsewhere with "
            "--out DIR";
        throw Failure(Exit::usage, std::move(d));
    }
}

PairPaths write_pair(const fs::path& folder, std::string_view name, const CertBundle& bundle,
                     bool force, const FolderLock* held) {
    return write_pairs(folder, {{std::string(name), bundle}}, force, held).front();
}

std::vector<PairPaths> write_pairs(const fs::path& path, const std::vector<NamedBundle>& pairs,
                                   bool force, const FolderLock* held) {
    const Folder folder(path);
    std::optional<FolderLock> lock;
    if (held == nullptr) lock.emplace(path);
    std::vector<PairPaths> all;
    std::vector<TemporaryFile> files;  // key, certificate, key, …
    for (const auto& [name, bundle] : pairs) {
        const PairPaths paths = pair_paths(path, name);
        if (!force) refuse_existing(paths);
        for (const fs::path& file : {paths.cert, paths.key}) {
            refuse_odd_target(folder, file.filename(), false);
            refuse_other_content(file);
        }
        files.emplace_back(folder, paths.key.filename(), bundle.key.reveal(), 0600);
        files.emplace_back(folder, paths.cert.filename(), bundle.chain_pem(), 0644);
        all.push_back(paths);
    }
    Replacement replacement(folder);
    for (const PairPaths& paths : all) {
        replacement.put_aside(paths.cert.filename());
        replacement.put_aside(paths.key.filename());
    }
    for (TemporaryFile& file : files) {
        replacement.put(file);
    }
    folder.sync();
    replacement.commit();
    return all;
}

std::optional<CertBundle> read_pair(const PairPaths& paths, const FolderLock* held) {
    // Held while both are read, so that no writer is caught between the two.
    const fs::path folder = paths.cert.parent_path();
    const Descriptor lock(
        ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (held == nullptr && lock.open()) ::flock(lock.get(), LOCK_SH);

    const bool has_cert = there(paths.cert);
    const bool has_key = there(paths.key);
    if (!has_cert && !has_key) return std::nullopt;
    if (!has_cert || !has_key) {
        Diagnostic d = about(has_cert ? paths.cert : paths.key, code::kPairIncomplete,
                             has_cert ? "this certificate has no key beside it"
                                      : "this key has no certificate beside it");
        d.why =
            fmt::format("there is no {}", printable((has_cert ? paths.key : paths.cert).native()));
        d.hint = "remove it, or make a new pair with sni-lab certgen --force";
        throw Failure(Exit::usage, std::move(d));
    }
    const std::string chain = read_file(paths.cert);
    const KeyPem key(read_file(paths.key));
    if (const auto fits = check_pair(chain, key); !fits) {
        const bool cert_broken = !read_certificates(chain).has_value();
        Diagnostic d = about(cert_broken ? paths.cert : paths.key, code::kBadPair, fits.error());
        d.why = fmt::format("it was read together with {}",
                            printable((cert_broken ? paths.key : paths.cert).native()));
        d.hint =
            "give the key that belongs to the certificate, or make a new pair with "
            "sni-lab certgen";
        throw Failure(Exit::usage, std::move(d));
    }
    const auto certificates = read_certificates(chain);
    CertBundle bundle{
        .cert_pem = to_pem(certificates->front().get()), .key = key, .issuer_pem = {}};
    for (std::size_t i = 1; i < certificates->size(); ++i) {
        bundle.issuer_pem += to_pem((*certificates)[i].get());
    }
    return bundle;
}

}  // namespace sni::certs
