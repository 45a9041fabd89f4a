// What `sni-lab route` answers, for people and as JSON.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "lab/routing/listeners/listeners.h"
#include "lab/routing/listeners/words.h"
#include "lab/routing/routing.h"

namespace sni::routing {

/// A port of a Service, and where it leads in the pod.
struct ServiceTarget {
    std::string service;  ///< "ns/name"
    std::uint16_t port = 0;
    std::optional<std::uint16_t> target_port;  ///< nothing: no pod has a port of that name
};
/// Every port of every Service, in file order.
std::vector<ServiceTarget> service_targets(const Manifest& manifest,
                                           const Environment& environment);

/// schema sni-lab/route/1.
nlohmann::ordered_json to_json(const Listeners& listeners, const std::vector<Answer>& answers,
                               const std::vector<ServiceTarget>& targets);

/// The answer with its reasons, and the filter chains of the port with the one that was chosen.
std::string to_text(const Listeners& listeners, const Answer& answer);
/// A line for each thing that nobody looks at.
std::string notes(const Listeners& listeners);
/// Every name of every port, in order of specificity.
std::string table_text(const Listeners& listeners);
/// Conditions and attached routes of the Gateway API's objects.
std::string status_text(const Listeners& listeners);

}  // namespace sni::routing
