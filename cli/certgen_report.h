// What certgen says about what it made. Values in, text out.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "certs/issue.h"
#include "certs/store.h"
#include "lab/core/cert_facts.h"

namespace sni::cli {

/// One pair as it lies on disk.
struct IssuedPair {
    std::string name;
    certs::PairPaths paths;
    CertFacts facts;
    certs::Purpose purpose = certs::Purpose::server;
    bool cn_only = false;
};

struct CertgenReport {
    std::filesystem::path folder;
    std::vector<IssuedPair> pairs;
    std::vector<IssuedPair> authority;  ///< the lab CA, or none
    bool authority_is_new = false;
    std::string next;  ///< the command to type next
    std::chrono::sys_seconds now;
};

std::string to_text(const CertgenReport& report);

/// Schema "sni-lab/certgen/1".
std::string to_json(const CertgenReport& report);

}  // namespace sni::cli
