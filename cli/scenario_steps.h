// What the steps of a scenario's checks do to a lab of our own while it runs.
#pragma once

#include <string>
#include <vector>

#include "cli/manifest_files.h"
#include "lab/lab.h"
#include "lab/lookup/environment.h"
#include "lab/scenario/checks.h"

namespace sni::cli {

/// `lab` and `loaded` must outlive it.
class Steps {
  public:
    Steps(Lab& lab, const LoadedScenario& loaded)
        : lab_(lab), files_(loaded.others), environment_(loaded.environment) {}

    /// Empty when it is done, else why it is not. Throws Failure(Exit::usage) for a file that the
    /// scenario does not have.
    std::string take(const scenario::CheckStep& step);

  private:
    std::string apply(const scenario::CheckStep& step);
    const manifest::File& find(const scenario::CheckStep& step) const;

    Lab& lab_;
    const std::vector<manifest::File>& files_;
    const lookup::Environment& environment_;
};

}  // namespace sni::cli
