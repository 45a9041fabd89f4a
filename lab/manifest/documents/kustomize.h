// What kustomize's own files say about their neighbours: which are patches, and which folders are
// bases and overlays of each other. Nothing is built here; `kustomize build` does that.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "lab/manifest/words.h"
#include "lab/yaml/yaml.h"

namespace sni::manifest {

/// True for a name that kustomize takes for its own.
bool is_kustomization(const std::string& file);

class Kustomize {
  public:
    /// Looks for kustomization.yaml, kustomization.yml and Kustomization among `files`. What is
    /// wrong in them is kustomize's to say.
    explicit Kustomize(const std::vector<File>& files);

    /// A patch holds a part of an object only.
    bool is_patch(const std::string& file) const;
    /// True when the files are in different folders and one of these is kustomize's: what both
    /// define is one object and its other edition.
    bool are_editions(const std::string& one, const std::string& other) const;
    /// True for a Kustomization that makes of files what they say: all that it lists are files that
    /// are read, or folders of kustomize's, and it changes nothing in them.
    bool only_lists(const yaml::Node& document, const std::string& file) const;

  private:
    std::set<std::string> folders_;
    std::set<std::string> patches_;
    std::set<std::string> files_;
};

}  // namespace sni::manifest
