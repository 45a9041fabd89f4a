// How far a command is that takes a while.
#pragma once

#include <iosfwd>
#include <string>

namespace sni::cli {

/// A line that is written over by the next, for people who wait; nothing for anybody else.
class Progress {
  public:
    explicit Progress(std::ostream& err);
    ~Progress() { show(""); }
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    void show(const std::string& text) const;

  private:
    std::ostream* err_;
};

}  // namespace sni::cli
