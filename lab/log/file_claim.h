// A file that one writer at a time may have, in whatever process the others are.
#pragma once

#include <filesystem>

#include "lab/core/result.h"
#include "lab/net/descriptor.h"

namespace sni::log {

/// Held until it goes, or its process ends.
class FileClaim {
  public:
    /// Claims the file `path`, in place of the one that was claimed before. The error is errno, and
    /// then nothing changes: EWOULDBLOCK while another claim has it, else why it cannot be opened.
    /// What is no file of its own (a pipe, a terminal), and a file system without locks, let
    /// everybody have it.
    Result<void, int> claim(const std::filesystem::path& path);

  private:
    net::Descriptor held_;
};

}  // namespace sni::log
