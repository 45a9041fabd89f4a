#include "cli/progress.h"

#include <ostream>

#include "cli/terminal.h"

namespace sni::cli {

Progress::Progress(std::ostream& err) : err_(can_write_over(err) ? &err : nullptr) {}

void Progress::show(const std::string& text) const {
    if (err_) *err_ << "\r\x1b[K" << text << std::flush;
}

}  // namespace sni::cli
