// A page that needs nothing else: no script, no font, no image from anywhere; for light and dark
// rooms, for desktops and phones.
#pragma once

#include <string>
#include <string_view>

namespace sni::report {

/// Peers' text for HTML, in content and in attributes.
std::string safe(std::string_view text);

/// The whole document. `title` is plain text; `style` is CSS behind that of all pages, whose
/// variables are --ink, --dim, --paper, --card, --edge, --good, --bad and --open; `body` is HTML.
std::string page(std::string_view title, std::string_view style, std::string_view body);

}  // namespace sni::report
