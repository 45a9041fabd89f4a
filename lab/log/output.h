// Where lines go that must keep nobody waiting: a file, a pipe, a socket, a terminal.
#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string_view>

#include <sys/types.h>

#include "lab/core/result.h"
#include "lab/net/descriptor.h"

namespace sni::log {

/// A file that lines are appended to.
struct FilePlace {
    std::filesystem::path path;
    mode_t mode = 0644;         ///< of a file that is made
    bool follow_links = true;   ///< a symbolic link as its last part is opened, or refused
    bool enforce_mode = false;  ///< `mode` also for a file that is there
    std::size_t rotate_at = 0;  ///< bytes; then it becomes `older`, and a new one begins; 0: never
    std::filesystem::path older;
};

/// Opened so that a write never waits, wherever the system allows that: a terminal whose output is
/// stopped and a pipe that nobody reads are full, not slow.
class Output {
  public:
    /// Makes missing folders. The error is an errno; a pipe without a reader is refused (ENXIO)
    /// instead of waited for.
    static Result<Output, int> file(FilePlace place);
    /// Stdout or stderr of this process, whose own flags stay as they are: others may share it.
    static Result<Output, int> standard(int fd);

    /// Waits for room, `look` at most; an error is room, too: write() will tell it.
    bool has_room(std::chrono::milliseconds look) const;
    /// Writes a part of `text` that does not wait once has_room() is true; how much it was, 0 when
    /// there was no room after all, nothing for an error that will not pass.
    std::optional<std::size_t> write(std::string_view text);
    /// Does what was written last, or what the file held before, lack the end of its line?
    bool torn() const { return torn_; }
    /// What one write takes at most.
    std::size_t room() const { return room_; }
    /// A batch of `bytes` comes: time for a new file?
    void before(std::size_t bytes);

  private:
    Output(net::Descriptor fd, FilePlace place);

    net::Descriptor fd_;
    FilePlace place_;  // without a path: stdout or stderr
    std::size_t room_ = 0;
    std::size_t size_ = 0;  // of a file that rotates
    bool socket_ = false;
    bool torn_ = false;
};

/// Does the regular file behind `fd`, which may be open for writing alone, end within a line, as a
/// full disk or a crash leaves it? False where nobody can tell.
bool ends_within_line(int fd);

}  // namespace sni::log
