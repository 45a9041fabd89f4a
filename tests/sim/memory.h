// Who asks for memory: only what the program asks for is counted, and may be refused.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sni::sim {

class Tape;

/// While this lives, the thread is not in the program but in what it is played by.
class NotTheProgram {
  public:
    NotTheProgram();
    ~NotTheProgram();
    NotTheProgram(const NotTheProgram&) = delete;
    NotTheProgram& operator=(const NotTheProgram&) = delete;

  private:
    bool before_;
};

/// While this lives, the thread is in the program. One in `refuse` pieces of memory is refused, as
/// `tape` chooses; 0: none. With `once` only the first one is.
class TheProgram {
  public:
    TheProgram(Tape& tape, std::uint32_t refuse, bool once = false);
    ~TheProgram();
    TheProgram(const TheProgram&) = delete;
    TheProgram& operator=(const TheProgram&) = delete;
};

/// Pieces of memory that the program asked for and has not given back. Always 0 where a sanitizer
/// counts them.
std::int64_t pieces_held();
/// How often it was refused some.
std::uint64_t refusals();

}  // namespace sni::sim
