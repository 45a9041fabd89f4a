// Where the lines of --access-log go, in every command that serves.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "cli/talk.h"
#include "lab/log/line_log.h"

namespace sni::cli {

/// What the flag says: FILE, - for stdout, off; empty is what the command does without it.
class AccessLines {
  public:
    /// `otherwise` takes the lines when the flag is not given; null: nobody does. Throws
    /// Failure(Exit::machine) for a file that cannot be written.
    AccessLines(const std::string& flag, Talk* otherwise);

    /// Takes a line without its end, from any thread, and never waits; empty when nobody wants
    /// lines. This outlives it.
    std::function<void(std::string_view)> sink() const;
    /// Begins the file anew, after somebody has moved it away. A file that cannot be made is told,
    /// and the one before stays.
    void reopen(std::ostream& err);
    /// Lines that nobody got; any thread may ask.
    std::size_t lost() const { return own_ ? own_->lost() : otherwise_ ? otherwise_->lost() : 0; }
    /// Ends the log and tells how many there were, if any. Nobody may have lines any more.
    void finish(std::ostream& err);

  private:
    std::unique_ptr<log::LineLog> own_;
    Talk* otherwise_;
};

/// Runs `reopen`; what it throws is told, and that the log before stays.
void reopen_log(const std::function<void()>& reopen, std::ostream& err,
                std::string_view what = "access log");
/// "access log: 3 lines lost".
void tell_lost_lines(std::size_t lost, std::ostream& err, std::string_view what = "access log");

}  // namespace sni::cli
