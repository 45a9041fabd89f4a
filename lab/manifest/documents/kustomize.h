// What kustomize's own files say about their neighbours: which are patches, and which folders are
// bases and overlays of each other. Nothing is built here; `kustomize build` does that.
#pragma once

#include <cstddef>
#include <map>
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
    /// Looks for kustomization.yaml, kustomization.yml and Kustomization among `files`, which must
    /// outlive it. What is wrong in them is kustomize's to say.
    explicit Kustomize(const std::vector<File>& files);

    /// A patch holds a part of an object only.
    bool is_patch(const std::string& file) const;
    /// True when the files are in different folders and one of these is kustomize's: what both
    /// define is one object and its other edition.
    bool are_editions(const std::string& one, const std::string& other) const;
    /// True for a Kustomization that makes of files what they say: all that it lists are files that
    /// are read, or folders of kustomize's, it changes nothing in them, and it leaves out none of
    /// the manifests that are read beside it.
    bool only_lists(const yaml::Node& document, const std::string& file) const;
    /// True when every file and folder of this machine that a Kustomization uses was read.
    bool has_all_of(const yaml::Node& document, const std::string& file) const;

  private:
    bool is_read(const std::string& path) const;
    bool is_manifest(std::size_t index) const;

    const std::vector<File>& files_;
    std::set<std::string> folders_;
    std::set<std::string> patches_;
    std::set<std::string> names_;  // of files
    /// Files by kustomize's folder that is nearest above them.
    std::map<std::string, std::vector<std::size_t>> below_;
};

}  // namespace sni::manifest
