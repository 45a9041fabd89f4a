// Whether files that decide an answer could have been put there by somebody else.
#pragma once

#include <filesystem>
#include <optional>

#include "certs/identity.h"
#include "lab/core/diagnostic.h"

namespace CLI {
class App;
}

namespace sni::cli {

/// A warning (SL1111) when `path` belongs to neither this user nor root, or others may write it; a
/// group that has this user's name, and nobody else in it, is no others. For root under sudo,
/// whoever called sudo counts as this user. Nothing when it is fine or absent.
/// Links are followed: what counts is what is read.
std::optional<Diagnostic> distrust(const std::filesystem::path& path);

/// Throws Failure(Exit::usage) when `file`, or the folder that it lies in, is not to be trusted.
/// `hint` says what to do instead. A folder in which everybody keeps his own files, as /tmp, is no
/// reason.
void require_trusted(const std::filesystem::path& file, const std::string& hint);

/// Who chose the file of a key, and so what can be done when others may write it.
enum class KeyFrom { state_folder, flag };

/// A public key: of a file as require_trusted() wants it, unless --trust-file was given. That a
/// flag names it is no exception: a file that others may write is whosever they want. A pipe from
/// which nothing comes for `patience` is given up.
certs::IdentityPublicKey read_public_key(const std::filesystem::path& file, KeyFrom from,
                                         bool trust_file,
                                         std::chrono::milliseconds patience = certs::kPipePatience);
/// --trust-file.
void add_trust_file(CLI::App& command, bool& trust_file);

}  // namespace sni::cli
