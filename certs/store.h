// The only file writer for keys and certificates: private by default, whole or not at all.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "certs/issue.h"
#include "lab/core/diagnostic.h"

namespace sni::certs {

/// Makes `folder` and its parents; a folder made here gets mode 0700. Returns what it made,
/// outermost first, so that a caller that fails later can take it away again. Throws
/// Failure(Exit::machine), and then has made nothing.
std::vector<std::filesystem::path> make_private_folder(const std::filesystem::path& folder);

/// Writes through a temporary file in the same folder, fsync and rename, so that readers see the
/// old content or the new and never half of it. `mode` is exact, whatever the umask. What is there
/// must be a regular file: a link is not followed and a device not replaced. Throws
/// Failure(Exit::machine).
void write_file(const std::filesystem::path& file, std::string_view content, int mode = 0644);

/// As write_file(), but replaces nothing: false, and nothing has changed, when something of this
/// name is there, a dangling link included.
bool write_new_file(const std::filesystem::path& file, std::string_view content, int mode = 0644);

/// The whole of `file`; more than `limit` bytes is an error. Throws Failure(Exit::usage) with the
/// reason.
std::string read_file(const std::filesystem::path& file, std::size_t limit = 16u << 20);

/// A warning when others than the owner may use the private key in `file`, or may put another one
/// in its place, since everybody may write its folder and no sticky bit forbids it. It is used all
/// the same: a Secret mounted into a pod looks like that.
std::optional<Diagnostic> exposed(const std::filesystem::path& file);

/// Where a pair lies: FOLDER/NAME.crt (leaf and issuer) and FOLDER/NAME.key. In the file name "*."
/// is "_wildcard." and the colons of an IPv6 address are hyphens behind "ipv6_"; of a NAME of more
/// than 200 bytes it has the front and a digest; no byte of NAME leads out of the folder.
struct PairPaths {
    std::filesystem::path cert;
    std::filesystem::path key;
};
PairPaths pair_paths(const std::filesystem::path& folder, std::string_view name);

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

/// Writes both, key 0600 first. Throws Failure(Exit::usage) when either exists and `force` is
/// false, Failure(Exit::machine) when it cannot; then nothing has changed. What --force replaces is
/// moved aside before the new pair comes in, so that not even a crash leaves a key beside the
/// certificate of another: at worst the certificate is missing, which read_pair() says.
PairPaths write_pair(const std::filesystem::path& folder, std::string_view name,
                     const CertBundle& bundle, bool force, const FolderLock* held = nullptr);

struct NamedBundle {
    std::string name;
    CertBundle bundle;
};

/// Several pairs as write_pair() writes one: all of them or none. Takes the folder's lock, unless
/// the caller holds it.
std::vector<PairPaths> write_pairs(const std::filesystem::path& folder,
                                   const std::vector<NamedBundle>& pairs, bool force,
                                   const FolderLock* held = nullptr);

/// Throws Failure(Exit::usage) when a file of the pair exists: what write_pair() would do, asked
/// before a slow key is made.
void refuse_existing(const PairPaths& paths);

/// Reads a pair and checks that it fits together; nothing when neither file exists. Throws
/// Failure(Exit::usage) when one is missing or they do not fit.
std::optional<CertBundle> read_pair(const PairPaths& paths, const FolderLock* held = nullptr);

}  // namespace sni::certs
