// What sni-lab certgen is asked for: its flags as requests for certificates.
#pragma once

#include <chrono>
#include <string_view>
#include <vector>

#include "certs/issue.h"
#include "cli/certgen.h"

namespace sni::cli {

/// What is made when nobody names anything.
inline constexpr std::string_view kTutorialName = "httpbin.example.com";

/// One for each pair of files. Throws Failure(Exit::usage) for flags that cannot be used together
/// or say what no certificate can; nothing is made or looked at before.
std::vector<certs::CertRequest> requests_of(const CertgenOptions& options,
                                            std::chrono::sys_seconds now);

/// Throws Failure(Exit::usage) where a CN has no room for the first name and there is to be no SAN:
/// `flag` wants that.
void require_common_name(const certs::CertRequest& request, std::string_view flag);

}  // namespace sni::cli
