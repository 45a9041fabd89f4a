// A file that one writer at a time may have, in whatever process the others are.
#pragma once

#include <filesystem>

#include "lab/net/descriptor.h"

namespace sni::log {

/// Held until it goes, or its process ends.
class FileClaim {
  public:
    /// Claims the file `path`, in place of the one that was claimed before; false, and nothing
    /// changes, while another claim has it. What is no file of its own (a pipe, a terminal), and a
    /// file system without locks, let everybody have it.
    bool claim(const std::filesystem::path& path);

  private:
    net::Descriptor held_;
};

}  // namespace sni::log
