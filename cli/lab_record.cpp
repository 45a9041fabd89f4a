#include "cli/lab_record.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <sstream>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "certs/store.h"
#include "cli/flags.h"
#include "cli/state.h"
#include "lab/core/codes.h"
#include "lab/core/diagnostic.h"
#include "lab/core/dns_name.h"
#include "lab/core/json_fields.h"
#include "lab/core/shell_quote.h"
#include "lab/proof/statement_fields.h"
#include "lab/route/host_match.h"
#include "lab/scenario/catalogue.h"

namespace sni {

template <>
struct JsonFields<scenario::Check> {
    static void visit(auto& field, auto& check) {
        field("name", check.name);
        field("sni", check.sni);
        field("port", check.port);
        field("request", check.request);
        field("status", check.status);
        field("verdict", check.verdict);
        field("backend", check.backend);
        field("code", check.details.code);
        field("says", check.details.says);
        field("passes", check.details.passes);
        field("fails", check.details.fails);
        field("router", check.details.router);
    }
};

template <>
struct JsonFields<cli::GateRecord> {
    static void visit(auto& field, auto& gate) {
        field("port", gate.port);
        field("endpoint", gate.endpoint);
    }
};

template <>
struct JsonFields<cli::BackendRecord> {
    static void visit(auto& field, auto& backend) {
        field("name", backend.name);
        field("endpoint", backend.endpoint);
        field("names", backend.names);
        field("cert_file", backend.cert_file);
        field("leaf_sha256", backend.leaf_sha256);
    }
};

template <>
struct JsonFields<cli::LabRecord> {
    static void visit(auto& field, auto& record) {
        field("pid", record.pid);
        field("process_start", record.process_start);
        field("started", record.started);
        field("scenario", record.scenario);
        field.if_any("origin", record.origin);
        field.if_any("digest", record.digest);
        field("gates", record.gates);
        field("backends", record.backends);
        field("checks", record.checks);
        field("identity", record.identity_pem);
        field("admin", record.admin);
    }
};

}  // namespace sni

namespace sni::cli {

namespace {

constexpr std::string_view kSchema = "sni-lab/lab/1";

/// A write lock on the whole file, of the open file description: it survives fork() and ends with
/// the last process that holds the description.
struct flock whole_file() {
    struct flock lock{};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    return lock;
}

Failure unreadable(const std::filesystem::path& state, std::string why) {
    return Failure(Exit::machine, code::kNoPermission,
                   fmt::format("the state folder {} cannot be looked into", state.string()),
                   std::move(why), "whose lab is it? Choose another folder with --state");
}

/// The error is a sentence.
Result<LabRecord, std::string> decode_record(std::string_view text) {
    auto record = read_document<LabRecord>(text, kSchema);
    if (!record) return std::unexpected(std::string(sentence(record.error())));
    // kill(2) takes these for groups of processes, or for all.
    if (record->pid <= 1 || record->process_start.empty())
        return std::unexpected("it names no process");
    return std::move(*record);
}

}  // namespace

std::vector<const BackendRecord*> LabRecord::backends_for(
    std::optional<std::string_view> sni) const {
    std::vector<const BackendRecord*> best;
    std::size_t best_rank = 1;
    const auto asked = sni ? std::optional(to_lower_ascii(*sni)) : std::nullopt;
    for (const BackendRecord& backend : backends) {
        std::size_t found = 0;
        for (const std::string& name : backend.names) {
            const std::string pattern = to_lower_ascii(name);
            if (route::takes(pattern, asked)) found = std::max(found, route::narrowness(pattern));
        }
        if (found < best_rank) continue;
        if (found > best_rank) best.clear();
        best_rank = found;
        best.push_back(&backend);
    }
    return best;
}

std::optional<Digest> LabRecord::leaf_for(std::optional<std::string_view> sni) const {
    std::optional<Digest> leaf;
    for (const BackendRecord* backend : backends_for(sni)) {
        if (leaf && *leaf != backend->leaf_sha256) return std::nullopt;
        leaf = backend->leaf_sha256;
    }
    return leaf;
}

const GateRecord* LabRecord::gate_for(std::uint16_t port) const {
    const auto found = std::ranges::find(gates, port, &GateRecord::port);
    return found == gates.end() ? nullptr : &*found;
}

std::string LabRecord::scenario_word() const {
    if (origin) return shell_quoted(*origin);
    const bool older = !digest && scenario::find_scenario(scenario);
    return older ? scenario : "";
}

std::string encode(const LabRecord& record) {
    return write_document(record, kSchema).dump(2) + "\n";
}

std::optional<LabRecord> read_record(const std::filesystem::path& state) {
    const std::filesystem::path file = lab_record(state);
    std::error_code error;
    // Not through a link: what stands elsewhere is not this folder's.
    const auto kind = std::filesystem::symlink_status(file, error).type();
    if (kind == std::filesystem::file_type::not_found) return std::nullopt;
    if (error) throw unreadable(state, error.message());
    auto record = kind == std::filesystem::file_type::regular
                      ? decode_record(certs::read_file(file))
                      : Result<LabRecord, std::string>(std::unexpected("it is no plain file"));
    if (!record) {
        const auto pid = lab_is_alive(state) ? lock_holder(state) : std::nullopt;
        const std::string flag = state_flag(state);
        throw Failure(Exit::usage, code::kBadRecord,
                      fmt::format("{} cannot be used: {}", file.string(), record.error()),
                      "it was written by another version, or changed since",
                      pid ? fmt::format("a lab runs there: kill {0} ends it, and sni-lab down{1} "
                                        "removes what is left",
                                        *pid, flag)
                          : fmt::format("sni-lab down{} removes it", flag));
    }
    return std::move(*record);
}

std::optional<LabRecord> readable_record(const std::filesystem::path& state) {
    try {
        return read_record(state);
    } catch (const Failure&) {
        return std::nullopt;
    }
}

std::optional<LabRecord> lab_beside(const std::filesystem::path& state) {
    try {
        return lab_is_alive(state) ? read_record(state) : std::nullopt;
    } catch (const Failure&) {
        return std::nullopt;
    }
}

bool is_there(const std::filesystem::path& file, const std::filesystem::path& state) {
    std::error_code error;
    const bool there = std::filesystem::exists(file, error);
    if (error == std::errc::permission_denied) throw unreadable(state, error.message());
    return there;
}

std::optional<LabLock> LabLock::take(const std::filesystem::path& state) {
    certs::make_private_folder(state);
    const int fd = ::open(lab_lock(state).c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) {
        throw Failure(Exit::machine, code::kCannotWrite,
                      fmt::format("{} cannot be opened", lab_lock(state).string()),
                      std::strerror(errno), "choose another folder with --state");
    }
    LabLock lock(fd);
    struct flock wanted = whole_file();
    if (::fcntl(fd, F_OFD_SETLK, &wanted) != 0) return std::nullopt;
    return lock;
}

LabLock::~LabLock() {
    if (fd_ >= 0) ::close(fd_);
}

LabLock::LabLock(LabLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

std::string process_start(pid_t pid) {
    // proc(5): the command's name may hold anything, so count from the last parenthesis; starttime
    // is field 22.
    std::ifstream file(fmt::format("/proc/{}/stat", pid));
    std::string text;
    std::getline(file, text);
    const std::size_t name_end = text.rfind(')');
    if (name_end == std::string::npos) return "";
    std::istringstream fields(text.substr(name_end + 1));
    std::string field;
    for (int number = 3; number <= 22; ++number) {
        fields >> field;
    }
    return field;
}

bool holds_lock(pid_t pid, const std::filesystem::path& state) {
    struct stat lock{};
    if (::lstat(lab_lock(state).c_str(), &lock) != 0) return false;
    std::error_code error;
    std::filesystem::directory_iterator at(fmt::format("/proc/{}/fd", pid), error);
    for (; !error && at != std::filesystem::directory_iterator(); at.increment(error)) {
        struct stat open{};
        if (::stat(at->path().c_str(), &open) == 0 && open.st_ino == lock.st_ino &&
            open.st_dev == lock.st_dev) {
            return true;
        }
    }
    return false;
}

std::optional<pid_t> lock_holder(const std::filesystem::path& state) {
    std::error_code error;
    std::filesystem::directory_iterator at("/proc", error);
    for (; !error && at != std::filesystem::directory_iterator(); at.increment(error)) {
        const std::string name = at->path().filename();
        pid_t pid = 0;
        const char* const end = name.data() + name.size();
        if (std::from_chars(name.data(), end, pid).ptr != end || pid == ::getpid()) continue;
        if (holds_lock(pid, state)) return pid;
    }
    return std::nullopt;
}

bool lab_is_alive(const std::filesystem::path& state) {
    const int fd = ::open(lab_lock(state).c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT) return false;
    if (fd < 0) throw unreadable(state, std::strerror(errno));
    // Asks without taking, so that looking never stands in the way of a lab that starts.
    struct flock wanted = whole_file();
    const bool asked = ::fcntl(fd, F_OFD_GETLK, &wanted) == 0;
    ::close(fd);
    return asked && wanted.l_type != F_UNLCK;
}

}  // namespace sni::cli
