// Which namespaces a selector of the Gateway API means.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "lab/routing/listeners/words.h"

namespace sni::routing {

/// Of a test, or of several: the worst of theirs.
enum class Passes { no, unknown, yes };

class NamespaceLabels {
  public:
    /// `manifest` must outlive it.
    explicit NamespaceLabels(const Manifest& manifest);

    /// Whether the namespace passes all tests. Of one that is not in the files the name alone is
    /// known.
    Passes pass(const std::vector<api::LabelTest>& tests, const std::string& ns) const;

  private:
    std::unordered_map<std::string_view, const Labels*> labels_;  // by the namespace's name
};

}  // namespace sni::routing
