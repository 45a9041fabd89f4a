// What stays of the Gateway API in an export, in versions that the cluster serves.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "lab/core/diagnostic.h"
#include "lab/export/cluster/edits.h"
#include "lab/manifest/manifest.h"

namespace sni::exporting {

struct WrittenAnew {
    std::vector<Edit> edits;
    std::set<manifest::Spot> left_out;  ///< documents that no version which is served can say
    std::vector<std::string> notes;     ///< a sentence for each version, and each document left out
    std::vector<Diagnostic> refused;    ///< documents whose apiVersion cannot be written anew
    bool experimental = false;          ///< some are of versions that no other channel serves
    int since = 0;                      ///< 6: the rest wants Gateway API 1.6; 0: there is none
    std::string what;                   ///< "TCPRoute v1": which of them does
};

/// `replaced`: where documents begin that do not stay.
WrittenAnew write_anew(const manifest::Manifest& manifest, const manifest::Versions& versions,
                       const std::set<manifest::Spot>& replaced);

}  // namespace sni::exporting
