// What stands among manifests and is none of them, or is of a kind that nothing here asks about: it
// is named in one line, and stops nothing. Private to documents.cpp.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "lab/manifest/documents/documents.h"
#include "lab/manifest/documents/makers.h"
#include "lab/manifest/words.h"
#include "lab/yaml/yaml.h"

namespace sni::manifest {

class LeftAside {
  public:
    explicit LeftAside(Skipped skipped) : skipped_(std::move(skipped)) {}

    /// A document of a kind that is known to be no business of ours, or not known at all.
    void add_kind(const std::string& kind, Spot at);
    /// One of another gateway, of which only some commands look at a part.
    void add_entrance(const std::string& kind, Spot at);
    /// Of a document that was added: it makes manifests that nobody looked at.
    void add_maker(const Maker& maker);
    /// A file with parts of objects, which kustomize fills in.
    void add_patch(const std::string& file);
    /// A document that says neither apiVersion nor kind: none of Kubernetes, by all appearance.
    void add_stranger(const yaml::Node& document, const std::string& file);

    /// One line for everything. When there was no manifest at all, strangers are what the user
    /// meant, and each is an error. False then.
    bool report(Findings& findings, bool any_manifest) const;

  private:
    struct Stranger {
        Spot at;
        std::string file;
        std::string_view what;
    };
    std::string text() const;
    std::string why() const;
    std::string hint() const;
    bool has_harmless() const;
    void report_entrances(Findings& findings) const;

    std::map<std::string, std::size_t> kinds_;
    std::map<std::string, std::size_t> entrances_;
    Spot first_entrance_{.file = -1};  // nowhere
    std::vector<Stranger> strangers_;
    std::vector<std::string> patches_;
    std::vector<Maker> makers_;  // one of each kind
    Skipped skipped_;
    Spot first_{.file = -1};  // nowhere
};

/// True for a document that Kubernetes would not take for an object of its own, however mistyped:
/// it has none of the fields that every object has.
bool is_stranger(const yaml::Node& document);

/// What a text is, when it is no YAML yet: a template that nobody has filled in, or a page whose
/// indentation was lost in copying. True when it is one of them, which is reported then.
bool refuse_unfinished(int file, Findings& findings, const yaml::Limits& limits);

/// What of a placeholder ("{{ .Values.host }}", "${HOST}") is left in a value; empty: nothing.
std::string_view placeholder_in(std::string_view value);

}  // namespace sni::manifest
