// One JSON line for each connection that ended, as its session's page has it, written off the data
// path.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <mutex>
#include <string>
#include <variant>

#include "lab/log/file_claim.h"
#include "lab/log/queue.h"
#include "lab/proof/match/record.h"
#include "lab/proof/witness.h"

namespace sni::witness {

class Log {
  public:
    /// A session, or a line that says when the log began or ended.
    using Entry = std::variant<std::string, proof::WitnessedSession>;

    /// Appends to the file `path`, or writes to stdout for "-". Throws Failure(Exit::machine,
    /// code::kCannotWrite), also while another Log has that file: two that write one make a record
    /// that nobody can read. Nothing is written yet.
    Log(const std::string& path, std::string name);
    ~Log() { end(); }
    Log(const Log&) = delete;
    Log& operator=(const Log&) = delete;

    /// Writes the first line, once: the witness `name` has watched since this was made. From any
    /// thread; the first session does the same.
    void begin();
    /// From any thread; what cannot be written is lost, and counted.
    void write(proof::WitnessedSession session);
    /// Waits until all before is written, `within` at most; false when it is not.
    bool flush(std::chrono::milliseconds within) { return queue_.flush(within); }
    /// Begins the file of the same name anew, after somebody has moved it away. Throws as the
    /// constructor, and then nothing changes.
    void reopen();
    /// The last line, once: all that ended is in it, or how much is not. Afterwards lost() is
    /// final, and nothing may be written any more.
    void end();
    std::size_t lost() const { return queue_.lost(); }
    /// When its witness was started.
    proof::Moment run() const { return part_.run; }

  private:
    std::string path_;
    std::string name_;
    proof::LogPart part_;
    log::FileClaim claim_;
    std::once_flag begun_;
    std::atomic<bool> has_begun_ = false;
    log::Queue<Entry> queue_;
};

}  // namespace sni::witness
