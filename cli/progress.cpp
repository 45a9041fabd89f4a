#include "cli/progress.h"

#include <iostream>

#include <unistd.h>

namespace sni::cli {

Progress::Progress(std::ostream& err)
    : err_(&err == &std::cerr && ::isatty(STDERR_FILENO) ? &err : nullptr) {}

void Progress::show(const std::string& text) const {
    if (err_) *err_ << "\r\x1b[K" << text << std::flush;
}

}  // namespace sni::cli
