// Which pods a selector takes, and which port of theirs a Service's port means.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "lab/lookup/words.h"

namespace sni::lookup {

/// Finds the Deployments (and bare Pods) whose pods a selector takes, without looking at all of
/// them. Points into the list, which must outlive it.
class PodIndex {
  public:
    explicit PodIndex(const std::vector<Deployment>& deployments);
    const std::vector<const Deployment*>& all(const std::string& ns) const;
    /// In file order; an empty selector selects nothing.
    std::vector<const Deployment*> find(const std::string& ns, const Labels& selector) const;
    /// The same in every namespace.
    std::vector<const Deployment*> find_anywhere(const Labels& selector) const {
        return find(kAnywhere, selector);
    }

  private:
    static constexpr const char* kAnywhere = "*";  // no namespace is called so
    /// Namespace, key and value; every label is filed under kAnywhere, too.
    using Label = std::tuple<std::string_view, std::string_view, std::string_view>;
    std::map<std::string, std::vector<const Deployment*>> by_namespace_;
    std::map<Label, std::vector<const Deployment*>> by_label_;
};

/// Left out: the port itself. A number: that, whatever containerPort says. A name: that of a
/// container's port with the same protocol, first hit; nothing when there is none
/// (kubernetes/kubernetes pkg/api/v1/pod/util.go).
std::optional<std::uint16_t> target_port(const ServicePort& port, const PodTemplate& pod);

/// True when pods with `labels` have all that `selector` asks for.
bool has_labels(const Labels& labels, const Labels& selector);

/// "app=a,tier=b": the first five, printable.
std::string labels_text(const Labels& labels);

}  // namespace sni::lookup
