// Which kinds of objects there are: those that are read here and by whom, those that are known and
// left aside, and those that somebody misspelt. A new kind is a line in kinds.cpp's table.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lab/manifest/readers/readers.h"

namespace sni::manifest {

/// A kind that is read.
struct KindEntry {
    std::string_view group;
    std::string_view versions;  // separated by blanks, the one to recommend first
    std::string_view kind;
    /// `document` is all of it, whose apiVersion, kind and metadata are read already.
    void (*read)(Fields& document, Meta meta, Manifest& into);
    std::string_view code = {};  // of every mistake in it; empty: one for each sort of mistake
    bool namespaced = true;
};

/// `version` is all of apiVersion: "networking.istio.io/v1". nullptr: it is not read.
const KindEntry* kind_of(std::string_view version, std::string_view kind);

/// Reads a part of a document of a kind that is left aside, without a word about what is wrong in
/// it. nullptr: nobody asks for any.
using LooseReader = void (*)(const yaml::Node& document, std::string_view default_namespace,
                             Manifest& into);
LooseReader loose_reader_of(std::string_view version, std::string_view kind);

/// Whether it may change what a gateway does with a name, and the lab does not play it.
bool is_not_played(std::string_view kind);
/// It is left aside, and what it says can refuse or change what a gateway passes on.
bool may_matter(std::string_view kind);

/// Whether it is one of Kubernetes' own that have no namespace.
bool is_cluster_scoped(std::string_view kind);

/// A kind that is read, spelt in another way.
struct NearMiss {
    std::string hint;         ///< what to write
    bool of_version = false;  ///< apiVersion is wrong; else the kind is
};
/// Nothing: nobody seems to have meant a kind that is read.
std::optional<NearMiss> near_miss(std::string_view version, std::string_view kind);

}  // namespace sni::manifest
