// The input as it stands, byte for byte, without what must not go along: Secrets, private keys
// wherever else they stand, and documents that another API's take the place of.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "lab/core/diagnostic.h"
#include "lab/export/cluster/edits.h"
#include "lab/manifest/manifest.h"

namespace sni::exporting {

/// A Secret. Every one stays behind, whatever it holds: what is exported often ends up in git.
struct HeldBack {
    std::string ns;
    std::string name;
    std::vector<std::string> keys;  ///< none: what it holds could not be read
    std::string type;               ///< kubernetes.io/tls, Opaque, …
    Place place;
    bool operator==(const HeldBack&) const = default;
};

struct Selection {
    std::vector<std::string> texts;  ///< of one file each, whole or in pieces, in their order
    std::vector<HeldBack> held_back;
    std::vector<std::string> notes;   ///< what else stays behind, a sentence each
    std::vector<Diagnostic> refused;  ///< documents that can be neither taken nor left
};

/// `replaced`: where documents begin that are left out. What goes along has `edits` in it.
Selection select(const manifest::Manifest& manifest, const std::set<manifest::Spot>& replaced,
                 const std::vector<Edit>& edits = {});

/// One stream of documents.
std::string join(const std::vector<std::string>& texts);

}  // namespace sni::exporting
