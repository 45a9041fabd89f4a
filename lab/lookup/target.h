// What one destination of a rule leads to.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lab/lookup/address.h"
#include "lab/lookup/words.h"

namespace sni::lookup {

/// What one destination of a rule leads to, or how far. A value.
struct Target {
    enum class Kind { service, service_entry };
    /// What is not there; with `host` nothing else of the Service is known, and with `reference`
    /// nobody may look.
    enum class Missing { nothing, host, port, endpoints, reference };
    Kind kind = Kind::service;
    Missing missing = Missing::nothing;
    std::string ns;          ///< without a host as written, else that of the rule
    std::string name;        ///< of the Service; of a ServiceEntry the host
    std::uint16_t port = 0;  ///< 0: it has a name, and no Service tells its number
    /// Nothing: no pod tells, or its addresses have several.
    std::optional<std::uint16_t> target_port;
    std::int64_t weight = 1;
    /// Why connections that come here are reset, as a sentence; empty: they are not.
    std::string problem;
    std::string note;  ///< what the files leave open
    /// What puts TLS of the gateway's own around what goes there, which no pod takes off: the end
    /// of a sentence; empty: nothing does.
    std::string wrapped = {};
    int proxy_header = 0;  ///< version of the PROXY header in front of what goes there; 0: none
    std::optional<ServicePort> service_port;  ///< as the Service has it
    Labels selector;                          ///< of the Service
    std::string subset = {};                  ///< of a VirtualService's destination; empty: none
    Labels subset_labels = {};                ///< that its pods have, besides
    std::vector<Address> addresses;           ///< of endpoints that the files list
    bool by_name = false;  ///< it is a ServiceEntry whose host DNS is asked for, having no endpoint
    std::optional<Destination> written;  ///< of a VirtualService
    std::string path() const { return ns + "/" + name; }
    bool operator==(const Target&) const = default;
};

}  // namespace sni::lookup
