// What is said of a VirtualService that names a Gateway which is not there.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "lab/routing/listeners/routed.h"

namespace sni::routing {

/// Reports them one by one. What is near in spelling is looked for fifty times at most, so that
/// many unknown names cost no more than some.
class MissingGateways {
  public:
    /// `inputs` must outlive it.
    explicit MissingGateways(const Inputs& inputs) : inputs_(inputs) {}

    /// `name` in `service` stands for the Gateway `path`, and none is called so. To `findings` goes
    /// an error where these files show that it is one, else what Inputs::unknown says.
    void report(const VirtualService& service, const Text& name, const std::string& path,
                Findings& findings);

  private:
    std::optional<std::string> nearest_path(const std::string& path);

    const Inputs& inputs_;
    std::size_t suggestions_left_ = 50;
};

}  // namespace sni::routing
