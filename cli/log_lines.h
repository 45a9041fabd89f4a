// The lab's log for people: one line for each connection and each request. Text from text.
#pragma once

#include <string>
#include <string_view>

namespace sni::cli {

/// A line of the access log (JSON, of a router or a backend, without its end) as somebody reads it:
/// when, which name, what became of it, how much and how long. Any other line is shown as it is,
/// without control bytes.
std::string readable_line(std::string_view line);

/// The lines of a log that grows.
class ReadableLines {
  public:
    /// What became whole by `more`, each with its end; the rest waits for its own.
    std::string add(std::string_view more);
    /// The line that never got its end; empty when there is none.
    std::string finish();

  private:
    std::string rest_;
};

}  // namespace sni::cli
