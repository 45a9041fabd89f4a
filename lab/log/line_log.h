// Lines of text through a queue, so that whoever says something never waits for a reader.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "lab/log/queue.h"

namespace sni::log {

class LineLog {
  public:
    /// Appends to a file. Throws Failure(Exit::machine, code::kCannotWrite), in which `what` names
    /// the log ("the access log") and `hint` says what to do.
    LineLog(FilePlace place, std::string what, std::string hint);
    /// Writes to stdout or stderr. Throws as above.
    explicit LineLog(int standard);

    /// `text` without its newline, from any thread; several lines in it stay together.
    void line(std::string_view text) noexcept;
    /// As it is, perhaps without an end.
    void text(std::string text);
    /// Waits until all before is written, `within` at most.
    bool flush(std::chrono::milliseconds within) { return queue_.flush(within); }
    /// The file of the same name again, after somebody has moved it away; does nothing for stdout
    /// and stderr. Throws as the constructor, and then nothing changes.
    void reopen();
    std::size_t lost() const { return queue_.lost(); }
    /// As Queue::close().
    void close() { queue_.close(); }

  private:
    std::optional<FilePlace> place_;
    std::string what_;
    std::string hint_;
    Queue<std::string> queue_;
};

/// Opens `place`, or throws Failure(Exit::machine, code::kCannotWrite): "cannot write WHAT …", and
/// for a key or a certificate Failure(Exit::usage).
Output open_file(const FilePlace& place, std::string_view what, std::string_view hint);
/// The same for stdout or stderr.
Output open_standard(int fd);

}  // namespace sni::log
