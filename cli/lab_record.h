// The lab on record: what `up` writes into the state folder so that verify, get, status, logs and
// down find it, and the lock that tells a running lab from what a crash left behind.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "lab/core/bytes.h"
#include "lab/core/endpoint.h"
#include "lab/core/result.h"
#include "lab/scenario/checks.h"

namespace sni::cli {

struct GateRecord {
    std::uint16_t port = 443;  ///< as the Gateway writes it
    Endpoint endpoint;
    bool operator==(const GateRecord&) const = default;
};

struct BackendRecord {
    std::string name;
    Endpoint endpoint;
    std::vector<std::string> names;  ///< SNI patterns that reach it
    std::string cert_file;           ///< Certificate::file, absolute
    Digest leaf_sha256{};
    bool operator==(const BackendRecord&) const = default;
};

/// A running lab, as others see it.
struct LabRecord {
    pid_t pid = 0;
    std::string
        process_start;    ///< see process_start(); tells the lab from a later process with its pid
    std::string started;  ///< UTC, ISO 8601
    std::string scenario;
    /// What names the scenario again, as LoadedScenario::origin; nothing: its manifests came from
    /// stdin, or an older lab wrote the record.
    std::optional<std::string> origin;
    std::optional<Digest> digest;  ///< LoadedScenario::digest; nothing: the record is older
    std::vector<GateRecord> gates;
    std::vector<BackendRecord> backends;
    std::vector<scenario::Check> checks;
    std::string identity_pem;       ///< public half
    std::optional<Endpoint> admin;  ///< where the backends' sessions are listed
    bool operator==(const LabRecord&) const = default;

    /// The backends that take `sni`: those of its exact name, else of the longest suffix, else of
    /// "*". Several share it by weight.
    std::vector<const BackendRecord*> backends_for(std::optional<std::string_view> sni) const;
    /// The certificate that all of them serve; nothing when there is no backend, or they serve
    /// different ones.
    std::optional<Digest> leaf_for(std::optional<std::string_view> sni) const;
    /// What `up` takes to start the scenario again, as a word of a shell; empty: nobody knows.
    std::string scenario_word() const;
    /// The gate that serves Gateway port `port`; nullptr when there is none.
    const GateRecord* gate_for(std::uint16_t port) const;
};

/// Schema "sni-lab/lab/1".
std::string encode(const LabRecord& record);

/// The lab on record in `state`; nothing when there is none. Throws Failure(Exit::usage) when the
/// file is damaged.
std::optional<LabRecord> read_record(const std::filesystem::path& state);

/// The same, and nothing when the file is damaged or cannot be read, too: for whoever only wants to
/// say more, or to remove it.
std::optional<LabRecord> readable_record(const std::filesystem::path& state);

/// The record of a lab that runs, for whoever has another to look at: nothing, too, where the state
/// folder is damaged or cannot be looked into.
std::optional<LabRecord> lab_beside(const std::filesystem::path& state);

/// Is `file` of the state folder there? A loop of links leads nowhere. Throws
/// Failure(Exit::machine) where that cannot be seen.
bool is_there(const std::filesystem::path& file, const std::filesystem::path& state);

/// Held by a lab from before it binds anything until its process ends, however it ends: the kernel
/// lets go of it.
class LabLock {
  public:
    /// Nothing when another process holds it. Makes `state` when it is missing. Throws
    /// Failure(Exit::machine).
    static std::optional<LabLock> take(const std::filesystem::path& state);
    ~LabLock();
    LabLock(LabLock&& other) noexcept;
    LabLock& operator=(LabLock&&) = delete;

  private:
    explicit LabLock(int fd) : fd_(fd) {}
    int fd_;
};

/// When process `pid` started, in the kernel's ticks since boot, as text; empty when there is no
/// such process.
std::string process_start(pid_t pid);

/// Has process `pid` the lock file of `state` open? False also when that cannot be seen.
bool holds_lock(pid_t pid, const std::filesystem::path& state);

/// Another process that has the lock file of `state` open: the lab, mostly. Nothing where none can
/// be seen.
std::optional<pid_t> lock_holder(const std::filesystem::path& state);

/// Does a process hold the lock of `state`? Makes nothing. Throws Failure(Exit::machine) when that
/// cannot be seen.
bool lab_is_alive(const std::filesystem::path& state);

}  // namespace sni::cli
