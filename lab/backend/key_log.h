// TLS secrets in the format that Wireshark reads, for those who want to look into their own lab.
// Whoever has the file can read every connection in it.
#pragma once

#include <mutex>
#include <string>
#include <string_view>

#include "lab/net/descriptor.h"

namespace sni::backend {

class KeyLog {
  public:
    /// Appends to `file`, which is made if it is missing and then for its owner alone, whatever it
    /// was before. Throws Failure(Exit::machine) when it cannot be written, Exit::usage for a
    /// symbolic link or anything else that is no file.
    explicit KeyLog(const std::string& file);

    /// One line, on a line of its own whatever a full disk left of the one before; any thread may
    /// call.
    void write(std::string_view line) const;

  private:
    net::Descriptor file_;
    mutable std::mutex mutex_;
    mutable bool torn_ = false;  // guarded by mutex_
};

}  // namespace sni::backend
