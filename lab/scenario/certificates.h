// Which Secret a container's process serves: from the --certfile and --keyfile of its command line
// through the volume mounts to the Secret's keys.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "lab/manifest/manifest.h"
#include "lab/scenario/process.h"
#include "lab/scenario/scenario.h"
#include "lab/scenario/words.h"

namespace sni::scenario {

class Certificates {
  public:
    Certificates(const Manifest& manifest, Findings& findings);

    /// Nothing: the process serves plain text, or what is wrong was reported.
    std::optional<SecretSpec> of(const Deployment& deployment, const Container& container,
                                 const Process& process);

  private:
    struct MountedKey {
        std::string secret;
        std::string key;
    };
    std::optional<MountedKey> look_up(const Deployment& deployment, const Container& container,
                                      const Text& path);
    std::optional<SecretSpec> assumed(const Deployment& deployment, const Container& container);
    std::optional<SecretSpec> spec(const Deployment& deployment, const std::string& secret,
                                   const MountedKey& cert, const MountedKey& key, Spot at);
    void report_missing(const std::string& ns, const std::string& name, Spot at);

    const Manifest& manifest_;
    Findings& findings_;
    std::map<std::string, const Secret*> secrets_;        // by "ns/name"
    std::map<std::string, const Secret*> first_of_name_;  // by name
};

}  // namespace sni::scenario
