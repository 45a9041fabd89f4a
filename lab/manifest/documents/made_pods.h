// Pods and ReplicaSets that kubectl get prints beside whatever makes them. Pure.
#pragma once

#include <vector>

#include "lab/manifest/kubernetes.h"

namespace sni::manifest {

/// What another one of them makes is no workload of its own, and goes. That it has a sidecar says
/// only a pod, and its makers' pods then have one.
void leave_out_made(std::vector<Deployment>& deployments);

}  // namespace sni::manifest
