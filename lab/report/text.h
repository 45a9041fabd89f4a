// The report for people.
#pragma once

#include <string>
#include <string_view>

#include "lab/report/report.h"

namespace sni::report {

/// What the terminal can show. Neither ever carries meaning alone.
struct Style {
    bool color = false;
    bool unicode = false;
};

/// What the core writes in Unicode, for a terminal that shows `style`: arrows and the like in ASCII
/// where it has no Unicode.
std::string shown(std::string_view text, Style style);

/// The whole report; with `quiet` the headlines only.
std::string to_text(const Report& report, Style style, bool quiet = false);

/// One check of it alone.
std::string to_text(const Check& check, Style style);

}  // namespace sni::report
