// One JSON line for each connection that ended, as its session's page has it, written off the data
// path.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <variant>

#include "lab/log/queue.h"
#include "lab/proof/match/record.h"
#include "lab/proof/witness.h"

namespace sni::witness {

class Log {
  public:
    /// A session, or a line that says when the log began or ended.
    using Entry = std::variant<std::string, proof::WitnessedSession>;

    /// Appends to the file `path`, or writes to stdout for "-". Throws Failure(Exit::machine,
    /// code::kCannotWrite).
    /// Its first line says that the witness `name` began it now.
    Log(const std::string& path, std::string name);
    /// The last line says that all that ended is in it, or how much is not.
    ~Log();
    Log(const Log&) = delete;
    Log& operator=(const Log&) = delete;

    /// From any thread; what cannot be written is lost, and counted.
    void write(proof::WitnessedSession session);
    /// Waits until all before is written, `within` at most; false when it is not.
    bool flush(std::chrono::milliseconds within) { return queue_.flush(within); }
    /// Begins the file of the same name anew, after somebody has moved it away. Throws as the
    /// constructor, and then nothing changes.
    void reopen();
    std::size_t lost() const { return queue_.lost(); }
    /// When its witness was started.
    proof::Moment run() const { return part_.run; }

  private:
    void mark_began();

    std::string path_;
    std::string name_;
    proof::LogPart part_;
    log::Queue<Entry> queue_;
};

}  // namespace sni::witness
