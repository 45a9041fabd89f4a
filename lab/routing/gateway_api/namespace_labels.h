// Which namespaces a selector of the Gateway API means.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "lab/routing/listeners/words.h"

namespace sni::routing {

class NamespaceLabels {
  public:
    /// `manifest` must outlive it.
    explicit NamespaceLabels(const Manifest& manifest);

    /// Whether the namespace passes all tests. One that is not in the files has the label of its
    /// name alone.
    bool pass(const std::vector<api::LabelTest>& tests, const std::string& ns) const;

  private:
    std::unordered_map<std::string_view, const Labels*> labels_;  // by the namespace's name
};

}  // namespace sni::routing
