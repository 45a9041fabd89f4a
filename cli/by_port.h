// Flags whose values are [PORT=]ADDR:PORT: an address for each Gateway port of the manifests.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "lab/core/endpoint.h"
#include "lab/core/result.h"

namespace sni::cli {

struct ByPort {
    std::string_view flag;  ///< "--listen"
    std::string_view hint;  ///< how it is written, after "write"
    Result<Endpoint, std::string> (*parse)(std::string_view) = parse_endpoint;
    /// A value without PORT= is for 443, else for the first; otherwise it needs a single port.
    bool usual_port = false;
    /// A value for another port than `ports` is left aside: it is some other scenario's.
    bool for_many = false;
};

/// What `values` say for each of `ports`, once at most. Throws Failure(Exit::usage).
std::map<std::uint16_t, Endpoint> by_port(const ByPort& how, const std::vector<std::string>& values,
                                          const std::vector<std::uint16_t>& ports);

}  // namespace sni::cli
