// One JSON line for each connection, written off the data path.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "lab/router/session_record.h"

namespace sni::router {

/// The line, without its newline. What a peer chose is escaped; times are whole microseconds.
std::string to_json(const SessionRecord& record);

/// Lines go through a queue to a thread of their own. When a disk or a pipe cannot keep up, the
/// oldest lines are lost; those that a full disk or a closed pipe refuses are lost, too. All are
/// counted. A router never waits for its log.
class AccessLog {
  public:
    /// Appends to the file `path`, or writes to stdout for "-". Throws Failure(Exit::machine,
    /// code::kCannotWrite).
    explicit AccessLog(const std::string& path);
    /// What is queued is written first; a reader that is stuck is given up after a second.
    ~AccessLog();

    /// From any thread.
    void write(SessionRecord record);
    std::size_t lost() const;

  private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace sni::router
