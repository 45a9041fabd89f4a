// Requests with the dates filled in.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "certs/clock.h"
#include "certs/issue.h"

namespace sni::test {

/// Valid from an hour ago for 30 days, EC P-256 for speed.
inline certs::CertRequest request_for(std::vector<std::string> names) {
    certs::CertRequest request;
    request.names = std::move(names);
    request.key = certs::KeyType::ec_p256;
    request.not_before = wall_clock() - std::chrono::hours(1);
    request.not_after = wall_clock() + std::chrono::days(30);
    return request;
}

inline certs::CertBundle lab_authority() {
    certs::CertRequest request = request_for({"test CA"});
    request.purpose = certs::Purpose::authority;
    return certs::issue(request);
}

}  // namespace sni::test
