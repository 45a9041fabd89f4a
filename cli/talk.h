// What a serving command says while it serves: whoever reads its terminal, or does not, holds
// nothing up.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <ostream>
#include <streambuf>
#include <string>
#include <string_view>

#include "lab/log/line_log.h"

namespace sni::cli {

/// Stands before stdout or stderr while a command serves. Onto those two everything goes through a
/// queue and a thread of its own; a test's stream is written at once. Make it after forking.
class Talk final : private std::streambuf {
  public:
    /// `to` is std::cout, std::cerr, or what a test gave; it outlives this.
    explicit Talk(std::ostream& to);
    /// The last lines have a second. Lines that stdout did not get leave `to` bad.
    ~Talk() override;
    Talk(const Talk&) = delete;
    Talk& operator=(const Talk&) = delete;

    /// For the command's own thread. A flush waits until all is written, but a second at most.
    std::ostream& stream() { return stream_; }
    /// A whole line, from any thread; never waits.
    void line(std::string_view text);
    /// Lines that nobody will read.
    std::size_t lost() const { return queue_ ? queue_->lost() : 0; }

  private:
    int overflow(int c) override;
    std::streamsize xsputn(const char* bytes, std::streamsize count) override;
    int sync() override;
    void put(std::string text);

    std::ostream& to_;
    std::unique_ptr<log::LineLog> queue_;
    std::mutex mutex_;  // of to_, where there is no queue
    std::string begun_;
    std::ostream stream_;
};

}  // namespace sni::cli
