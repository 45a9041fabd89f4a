// The lab CA: one in a folder of certificates, for certgen and for labs that need it.
#pragma once

#include <chrono>
#include <filesystem>
#include <string_view>

#include "certs/issue.h"
#include "certs/store.h"

namespace sni::cli {

/// Its files are lab-ca.crt and lab-ca.key.
inline constexpr std::string_view kAuthorityName = "lab-ca";

struct Authority {
    certs::CertBundle bundle;
    bool is_new = false;  ///< made just now, and not written yet
};

/// The lab CA that lies in `folder`, or a new one for ten years. Throws Failure(Exit::usage) for
/// one that cannot be used: outside its dates, or no CA.
Authority authority_in(const std::filesystem::path& folder, const certs::FolderLock& lock,
                       std::chrono::sys_seconds now);

/// A CA for one run of the lab.
certs::CertBundle make_authority(std::chrono::sys_seconds now);

}  // namespace sni::cli
