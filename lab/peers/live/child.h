// A router under test as a process of its own: started, measured as a whole tree, and ended
// whatever happens.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace sni::peers {

class Child {
  public:
    /// Starts `command` (a path first) in a process group of its own; stdout and stderr go to
    /// `log`. It gets SIGTERM should the thread that made it end first. Throws
    /// Failure(Exit::machine).
    /// A file of its that grows beyond `most_written` bytes, `log` among them, ends it; 0: none
    /// does.
    Child(const std::vector<std::string>& command, const std::filesystem::path& log,
          std::size_t most_written = 0);
    /// Ends the whole group: SIGTERM, and SIGKILL for what is left after a second.
    ~Child();
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    /// CPU time that all its processes have used so far.
    std::chrono::nanoseconds cpu() const;
    /// Bytes of memory; what its processes share counts once.
    std::uint64_t memory() const;

    bool running();
    /// False when it is still there after `time`.
    bool wait(std::chrono::milliseconds time);
    /// "with status 1", "by signal 11 (Segmentation fault)"; empty while it runs.
    std::string how_it_ended();
    /// The last line that it wrote, to tell why it ended.
    std::string last_words() const;

  private:
    std::vector<pid_t> tree() const;

    pid_t pid_ = -1;
    bool ended_ = false;
    int status_ = 0;  ///< as wait() has it, once it has ended
    std::filesystem::path log_;
};

/// An executable `name` of PATH or of the folders where servers are.
std::optional<std::string> find_program(const std::string& name);

/// No program says more of itself.
inline constexpr std::size_t kMostOutput = 64u << 10;
/// What `command` writes, cut off there or after five seconds; `scratch` is a file for it.
std::string output_of(const std::vector<std::string>& command,
                      const std::filesystem::path& scratch);

}  // namespace sni::peers
