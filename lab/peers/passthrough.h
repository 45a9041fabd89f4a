// How each router is set up to pass one name on to a place of its own, and everything else to its
// default: as the common guides write it, and as somebody would who knows what this program finds.
// Nothing here starts anything.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "lab/core/endpoint.h"
#include "lab/peers/product.h"
#include "lab/peers/setup.h"

namespace sni::peers {

enum class Config {
    guide,  ///< with a default backend, as guides have it
    tuned,  ///< what is no TLS hello with a name is refused where the product can; large buffers
};
std::string_view to_string(Config config);

struct Passthrough {
    std::string name;  ///< a host name in lower case
    Endpoint listen;   ///< IPv4 addresses and ports, all three
    Endpoint target;
    Endpoint decoy;
    std::string folder;  ///< where its files will be; it may write there
    std::chrono::milliseconds hello_timeout{2'000};  ///< where it can be set
};

/// `program` is the path of the router; `module` that of nginx's stream module, where there is one.
Setup set_up(Product product, Config config, const Passthrough& site, const std::string& program,
             const std::string& module = {});

}  // namespace sni::peers
