// Looks for the routers of other people on this machine, and writes what they are started with.
#pragma once

#include <filesystem>
#include <string>

#include "lab/core/result.h"
#include "lab/peers/product.h"
#include "lab/peers/setup.h"

namespace sni::peers {

/// One that can be started.
struct Program {
    Product product{};
    std::string path;
    std::string said;    ///< the line in which it says its version; empty: none
    std::string module;  ///< nginx: the path of its stream module; empty when that is built in
};

/// The one at `path`, or the one that is installed when that is empty; `scratch` is a file for what
/// it says of itself. The error says why there is none: "not installed".
Result<Program, std::string> find(Product product, const std::string& path,
                                  const std::filesystem::path& scratch);

/// Into `folder`, which is there. Throws Failure(Exit::machine).
void write_files(const Setup& setup, const std::filesystem::path& folder);

/// A TCP port of 127.0.0.1 that was free a moment ago.
std::uint16_t free_port();

}  // namespace sni::peers
