#include "cli/trust.h"

#include <cstdlib>
#include <string>

#include <fmt/format.h>
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

std::string user_name(uid_t user) {
    const passwd* entry = ::getpwuid(user);
    return entry ? entry->pw_name : fmt::format("user {}", user);
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
    if ((status.st_mode & (S_IWGRP | S_IWOTH)) == 0) return std::nullopt;
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
        auto trouble = distrust(path);
        if (!trouble) continue;
        trouble->level = Level::error;
        trouble->hint = hint;
        throw Failure(Exit::usage, std::move(*trouble));
    }
}

}  // namespace sni::cli
