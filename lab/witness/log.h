// One JSON line for each connection that ended, as its session's page has it, written off the data
// path.
#pragma once

#include <cstddef>
#include <string>

#include "lab/log/queue.h"
#include "lab/proof/witness.h"

namespace sni::witness {

class Log {
  public:
    /// Appends to the file `path`, or writes to stdout for "-". Throws Failure(Exit::machine,
    /// code::kCannotWrite).
    explicit Log(const std::string& path);

    /// From any thread; what cannot be written is lost, and counted.
    void write(const proof::WitnessedSession& session);
    /// Begins the file of the same name anew, after somebody has moved it away. Throws as the
    /// constructor, and then nothing changes.
    void reopen();
    std::size_t lost() const { return queue_.lost(); }

  private:
    std::string path_;
    log::Queue<proof::WitnessedSession> queue_;
};

}  // namespace sni::witness
