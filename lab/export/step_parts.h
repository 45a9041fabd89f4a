// What the steps in a cluster and those on this machine have in common.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lab/export/steps.h"
#include "lab/export/workloads.h"

namespace sni::exporting {

/// Under which name a pair is made.
const std::string& first_host(const Workload& workload);
/// The same Secret may serve several workloads; those that the files hold are left out.
std::vector<const Workload*> one_of_each_secret(const std::vector<Workload>& workloads);
Step certgen_step(const std::vector<const Workload*>& secrets, const Names& names);
/// The identity, whichever backend reads it first.
Step identity_step(const Names& names);
/// For the parts of a Secret. A namespace has no dot, so that two Secrets have two folders.
std::string folder_of(std::string_view ns, std::string_view secret);
/// `more`: further flags, with a space before each.
Step verify_step(const Question& asked, const std::string& gateway, const std::string& identity,
                 const std::string& more);
/// The flag for the name that only this backend signs with; empty where others may answer.
std::string signed_by(const Workload& workload, const Question& asked);

}  // namespace sni::exporting
