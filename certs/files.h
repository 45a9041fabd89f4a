// The only file writer for keys and certificates: private by default, whole or not at all.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lab/core/diagnostic.h"

namespace sni::certs {

/// Makes `folder` and its parents; a folder made here gets mode 0700. Returns what it made,
/// outermost first, so that a caller that fails later can take it away again. Throws
/// Failure(Exit::machine), and then has made nothing.
std::vector<std::filesystem::path> make_private_folder(const std::filesystem::path& folder);

/// A folder of its own for this process below the machine's for temporary files: 0700, and gone
/// with what is in it.
class PrivateFolder {
  public:
    /// Its name begins with `name`. Throws Failure(Exit::machine).
    explicit PrivateFolder(std::string_view name = "sni-lab");
    ~PrivateFolder();
    PrivateFolder(const PrivateFolder&) = delete;
    PrivateFolder& operator=(const PrivateFolder&) = delete;

    const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

/// Writes through a temporary file in the same folder, fsync and rename, so that readers see the
/// old content or the new and never half of it. `mode` is exact, whatever the umask. What is there
/// must be a regular file: a link is not followed and a device not replaced. Throws
/// Failure(Exit::machine).
void write_file(const std::filesystem::path& file, std::string_view content, int mode = 0644);

/// As write_file(), but replaces nothing: false, and nothing has changed, when something of this
/// name is there, a dangling link included.
bool write_new_file(const std::filesystem::path& file, std::string_view content, int mode = 0644);

/// A pipe whose end does not come for so long is given up.
inline constexpr std::chrono::milliseconds kPipePatience{10'000};

/// The whole of `file`, which may be a pipe such as a shell's <(…); more than `limit` bytes is an
/// error, and so is a pipe's end that does not come within `patience`. Throws Failure(Exit::usage)
/// with the reason.
std::string read_file(const std::filesystem::path& file, std::size_t limit = 16u << 20,
                      std::chrono::milliseconds patience = kPipePatience);

/// A warning when another user owns the private key in `file` or others may use it, or may put
/// another one in its place, since everybody may write its folder and no sticky bit forbids it. It
/// is used all the same: a Secret mounted into a pod looks like that.
std::optional<Diagnostic> exposed(const std::filesystem::path& file);

/// Whoever reads a folder's pairs to decide what to write holds this from the first read on, and
/// hands it to each read and write, which would else wait for it. Blocks until it is free. The
/// folder must be there; throws Failure(Exit::machine).
class FolderLock {
  public:
    explicit FolderLock(const std::filesystem::path& folder);
    ~FolderLock();
    FolderLock(const FolderLock&) = delete;
    FolderLock& operator=(const FolderLock&) = delete;

  private:
    int folder_;
};

}  // namespace sni::certs
