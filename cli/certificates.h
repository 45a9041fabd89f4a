// The certificate of each backend: out of the manifests, out of the state folder, or made on the
// spot.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>

#include "certs/issue.h"
#include "lab/core/cert_facts.h"
#include "lab/scenario/lab_file.h"
#include "lab/scenario/scenario.h"

namespace sni::cli {

/// A backend's certificate and where it came from.
struct Certificate {
    enum class Origin { manifest, state, made, in_memory };
    certs::CertBundle bundle;
    CertFacts facts;
    Origin origin = Origin::state;
    /// Of the state folder, what a client is to trust: it, or the lab's CA that signed it. Empty:
    /// nothing there.
    std::filesystem::path file;
};

/// For the Secret of one pod. What has to be made is written into `state`, or kept in memory when
/// there is none to write to. Throws Failure: usage when what is there cannot be used, machine when
/// it cannot be written.
Certificate certificate_for(const scenario::SecretSpec& secret,
                            const std::optional<std::filesystem::path>& state, bool may_write,
                            std::chrono::sys_seconds now);

/// By a recipe of lab.yaml; in memory, since the next scenario wants another one for that name.
/// `authority` is the lab's CA, where the recipe asks for it.
Certificate certificate_by(const scenario::CertificateRecipe& recipe,
                           const scenario::SecretSpec& secret, const certs::CertBundle* authority,
                           std::chrono::sys_seconds now);

/// A CA that somebody keeps in a file; its key lies in `key`, empty: beside it, as FILE.key. Throws
/// Failure(Exit::usage) when there is no such pair.
certs::CertBundle read_authority(const std::filesystem::path& cert, std::filesystem::path key = {});

}  // namespace sni::cli
