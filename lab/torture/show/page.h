// Several runs beside each other: as a page that one can publish, as a table for a README, as text.
// Pure.
#pragma once

#include <string>
#include <vector>

#include "lab/torture/render.h"

namespace sni::torture {

/// A matrix of shapes and gateways, by groups that are folded; what differs, in words, below. Needs
/// nothing else: no script, no font, no image.
std::string to_html(const std::vector<Run>& runs);

/// A row for each run.
std::string to_markdown(const std::vector<Run>& runs);

/// The same for a terminal, and a line for each shape that not all of them take alike.
std::string to_text(const std::vector<Run>& runs);

/// "haproxy 2.6.12-1+deb12u4 (guide)", or the gateway's address when nobody knows what it is.
std::string heading(const Run& run);

}  // namespace sni::torture
