// Files that are whole or not there, in a folder that is held open. For .cpp files of this folder
// only.
#pragma once

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sys/stat.h>
#include <unistd.h>

#include "lab/core/diagnostic.h"

namespace sni::certs {

/// What strerror(3) says.
std::string reason(int error);
/// A diagnostic about `file`, without why and hint.
Diagnostic about(const std::filesystem::path& file, std::string_view code, std::string message);
/// With errno, for whoever knows another way.
class CannotWrite : public Failure {
  public:
    CannotWrite(Diagnostic diagnostic, int error)
        : Failure(Exit::machine, std::move(diagnostic)), error_(error) {}
    int error() const { return error_; }

  private:
    int error_;
};
/// Throws CannotWrite.
[[noreturn]] void cannot_write(const std::filesystem::path& file, int error);
/// Is anything at `file`, a dangling link included? Where nobody may look there is no answer, which
/// is a Failure.
bool is_there(const std::filesystem::path& file);

/// SIGTERM, SIGINT and SIGHUP come when this goes, so that they leave no half of what is written,
/// and no key in a file of a temporary name. No other thread may run that would take them.
class StopsDeferred {
  public:
    StopsDeferred();
    ~StopsDeferred();
    StopsDeferred(const StopsDeferred&) = delete;
    StopsDeferred& operator=(const StopsDeferred&) = delete;

  private:
    sigset_t before_{};
};

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

/// Everything happens relative to this one open folder, wherever its path leads meanwhile. What
/// cannot be done throws Failure(Exit::machine).
class Folder {
  public:
    explicit Folder(std::filesystem::path path);

    int fd() const { return fd_.get(); }
    std::filesystem::path file(const std::string& name) const { return path_ / name; }
    void sync() const;

    enum class Kind { nothing, file, link, other };
    Kind kind(const std::string& name) const;
    /// False when `to` is there already.
    bool rename_new(const std::string& from, const std::string& to) const;
    void rename(const std::string& from, const std::string& to) const;
    /// Refuses to replace what is no regular file: a device, a folder, and a link if `links_too`.
    void refuse_odd_target(const std::string& name, bool links_too) const;

  private:
    std::filesystem::path path_;
    Descriptor fd_;
};

/// A complete file of a temporary name, on disk; gone with this object unless it was placed.
/// `folder` outlives it.
class TemporaryFile {
  public:
    TemporaryFile(const Folder& folder, const std::string& target, std::string_view content,
                  int mode);
    ~TemporaryFile();
    TemporaryFile(TemporaryFile&& other) noexcept;
    TemporaryFile& operator=(TemporaryFile&&) = delete;

    const std::string& target() const { return target_; }
    /// False when the target is there already.
    bool place_new();
    void place();

  private:
    const Folder* folder_;
    std::string target_;
    std::string name_;
};

/// Replaces several files of a folder, and takes every step back unless commit() is reached.
class Replacement {
  public:
    explicit Replacement(const Folder& folder) : folder_(folder) {}
    ~Replacement();
    Replacement(const Replacement&) = delete;
    Replacement& operator=(const Replacement&) = delete;

    void put_aside(const std::string& name);
    void put(TemporaryFile& file);
    void commit();

  private:
    /// `aside` empty: a new file was put at `name`.
    struct Step {
        std::string name;
        std::string aside;
    };
    const Folder& folder_;
    std::vector<Step> done_;
};

}  // namespace sni::certs
