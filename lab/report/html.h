// The report as one page that needs nothing else: no script, no font, no image from anywhere.
#pragma once

#include <string>

#include "lab/report/report.h"

namespace sni::report {

std::string to_html(const Report& report);

}  // namespace sni::report
