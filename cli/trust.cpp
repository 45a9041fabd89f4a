#include "cli/trust.h"

#include <cstdlib>
#include <string>

#include <CLI/App.hpp>
#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lab/core/codes.h"
#include "lab/core/encoding.h"

namespace sni::cli {

namespace {

bool is_own(uid_t owner) {
    if (owner == ::geteuid() || owner == 0) return true;
    const char* caller = ::geteuid() == 0 ? std::getenv("SUDO_UID") : nullptr;
    return caller && std::to_string(owner) == caller;
}

/// A user's own group, with nobody else in it, is what a umask of 002 is made for.
bool is_private_group(gid_t id) {
    const passwd* user = ::getpwuid(::geteuid());
    if (!user || user->pw_gid != id) return false;
    const std::string name = user->pw_name;
    const group* own = ::getgrgid(id);
    if (!own || own->gr_name != name) return false;
    for (char** member = own->gr_mem; *member; ++member) {
        if (*member != name) return false;
    }
    return true;
}

bool others_may_write(const struct stat& status) {
    return (status.st_mode & S_IWOTH) != 0 ||
           ((status.st_mode & S_IWGRP) != 0 && !is_private_group(status.st_gid));
}

std::string user_name(uid_t user) {
    const passwd* entry = ::getpwuid(user);
    return entry ? entry->pw_name : fmt::format("user {}", user);
}

/// Nobody but its owner and the owner of a file in it can put another file in the place of that one
/// (the sticky bit).
bool is_shared_safely(const std::filesystem::path& folder) {
    struct stat status{};
    return ::stat(folder.c_str(), &status) == 0 && is_own(status.st_uid) &&
           (status.st_mode & S_ISVTX) != 0;
}

}  // namespace

std::optional<Diagnostic> distrust(const std::filesystem::path& path) {
    struct stat status{};
    if (::stat(path.c_str(), &status) != 0) return std::nullopt;
    const std::string name = printable(path.native());
    if (!is_own(status.st_uid)) {
        return Diagnostic{
            .level = Level::warning,
            .code = std::string(code::kForeignState),
            .message = fmt::format("{} belongs to {}", name, user_name(status.st_uid)),
            .why = "its owner chooses what is read from it",
            .hint = "choose a folder of your own with --state"};
    }
    if (!others_may_write(status)) return std::nullopt;
    return Diagnostic{
        .level = Level::warning,
        .code = std::string(code::kForeignState),
        .message = fmt::format("others may write {} (mode {:04o})", name, status.st_mode & 07777u),
        .why = "whoever does chooses what is read from it",
        .hint = fmt::format("chmod go-w {}", name)};
}

void require_trusted(const std::filesystem::path& file, const std::string& hint) {
    const std::filesystem::path folder =
        file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
    for (const std::filesystem::path& path : {folder, file}) {
        if (path == folder && is_shared_safely(folder)) continue;
        auto trouble = distrust(path);
        if (!trouble) continue;
        trouble->level = Level::error;
        trouble->hint = hint;
        throw Failure(Exit::usage, std::move(*trouble));
    }
}

certs::IdentityPublicKey read_public_key(const std::filesystem::path& file, KeyFrom from,
                                         bool trust_file, std::chrono::milliseconds patience) {
    if (!trust_file) {
        require_trusted(file, from == KeyFrom::flag
                                  ? "keep the key where nobody else may write, or believe this "
                                    "file as it is with --trust-file"
                                  : "name the key that you trust with --identity FILE.pub, or "
                                    "believe this one as it is with --trust-file");
    }
    return certs::IdentityPublicKey::read(file, patience);
}

void add_trust_file(CLI::App& command, bool& trust_file) {
    command.add_flag("--trust-file", trust_file,
                     "Believe keys and the state folder's files although others own them or may "
                     "write them");
}

}  // namespace sni::cli
