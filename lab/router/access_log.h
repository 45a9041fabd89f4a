// One JSON line for each connection, written off the data path.
#pragma once

#include <cstddef>
#include <string>
#include <utility>

#include "lab/log/queue.h"
#include "lab/router/session_record.h"

namespace sni::router {

/// The line, without its newline. What a peer chose is escaped; times are whole microseconds.
std::string to_json(const SessionRecord& record);

/// True for a client that left without a byte: mostly a load balancer that looks whether we are
/// there.
bool is_probe(const SessionRecord& record);

/// Records go through a queue (log/queue) to a thread that makes lines of them. A router never
/// waits for its log: what cannot be written is lost, and counted.
class AccessLog {
  public:
    /// Appends to the file `path`, or writes to stdout for "-". Throws Failure(Exit::machine,
    /// code::kCannotWrite).
    explicit AccessLog(const std::string& path);

    /// From any thread.
    void write(SessionRecord record) { queue_.push(std::move(record)); }
    /// Begins the file of the same name anew, after somebody has moved it away. Throws as the
    /// constructor, and then nothing changes.
    void reopen();
    std::size_t lost() const { return queue_.lost(); }
    /// As Queue::close().
    void close() { queue_.close(); }

  private:
    std::string path_;
    log::Queue<SessionRecord> queue_;
};

}  // namespace sni::router
