// A witness beside each service, in the service's own pods, whatever their image is: what has to
// change in the documents for that.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "lab/core/diagnostic.h"
#include "lab/export/cluster/edits.h"
#include "lab/export/workloads.h"
#include "lab/manifest/manifest.h"

namespace sni::exporting {

/// One witness, and the pods that it is in.
struct WitnessPlace {
    Workload workload;
    OtherPods pods;
    std::string container;
    std::uint16_t port = 0;  ///< where clients come now
    /// Of its pages, on the pod's loopback.
    std::uint16_t admin() const { return static_cast<std::uint16_t>(port + 1); }
};

struct Witnesses {
    std::vector<Edit> edits;
    std::vector<WitnessPlace> places;
    std::vector<std::string> notes;   ///< services that get none, a sentence each
    std::vector<Diagnostic> refused;  ///< documents that are written so that nothing can be put in
};

/// A container with a witness goes into the pods of each workload that are in the files, and the
/// Service's targetPort leads to it. `identity`: how those of a namespace get theirs.
Witnesses stand_witnesses(const manifest::Manifest& manifest,
                          const std::vector<Workload>& workloads, std::string_view image,
                          const std::function<IdentityFrom(const std::string& ns)>& identity);

}  // namespace sni::exporting
