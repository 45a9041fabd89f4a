// The files of data/, which are compiled in: documents that never change, images, and the page that
// handlers fill.
#pragma once

#include <span>
#include <string_view>

#include "lab/httpbin/exchange.h"

namespace sni::httpbin {

/// One file below data/; the build writes the list of them.
struct EmbeddedFile {
    std::string_view path;
    std::string_view text;
};
std::span<const EmbeddedFile> embedded_files();

/// What is in the file of that name; there is one.
std::string_view embedded(std::string_view name);

/// data/page.html with these two, which are HTML, in their places.
Response page(std::string_view title, std::string_view content);

}  // namespace sni::httpbin
