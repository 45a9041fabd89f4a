// Which kubernetes.io/tls Secrets a scenario needs: what certgen --scenario makes.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace sni::cli {

/// A Secret that the manifests name and do not hold. `names` are the SNI names that reach a pod
/// with this Secret, first one first; empty when no route leads there.
struct SecretWish {
    std::string ns;
    std::string name;
    std::vector<std::string> names;
    bool operator==(const SecretWish&) const = default;
};

/// `scenario` as `up` takes it: a name of the catalogue, a file or a folder. What is merely worth a
/// warning goes to `err`. Throws Failure(Exit::usage) when there is no such scenario or its
/// manifests have errors.
std::vector<SecretWish> secrets_of_scenario(const std::string& scenario, std::ostream& err);

}  // namespace sni::cli
