// Pairs of a certificate and its key in a folder: written whole or not at all, and read together.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "certs/files.h"
#include "certs/issue.h"

namespace sni::certs {

/// Where a pair lies: FOLDER/NAME.crt (leaf and issuer) and FOLDER/NAME.key. In the file name "*."
/// is "_wildcard." and the colons of an IPv6 address are hyphens behind "ipv6_"; of a NAME of more
/// than 200 bytes it has the front and a digest; no byte of NAME leads out of the folder.
struct PairPaths {
    std::filesystem::path cert;
    std::filesystem::path key;
};
PairPaths pair_paths(const std::filesystem::path& folder, std::string_view name);

/// The command that makes such a pair in this very place, under the name of its file.
std::string renewal(const PairPaths& paths);

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
