// An answer on its way out: its head, then its body as it comes, in the framing that the head
// announced. Pure; sending it, and waiting, are session.h's business.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "lab/http/message.h"

namespace sni::backend {

/// What an answer is made of.
struct AnswerParts {
    int status = 500;
    std::string head;                         ///< with its blank line
    std::string body;                         ///< what goes behind it at once
    http::Stream stream;                      ///< then this
    std::optional<std::uint64_t> length;      ///< of what `stream` gives
    bool chunked = false;                     ///< it is sent in chunks
    std::function<http::Headers()> trailers;  ///< asked for behind the last chunk
    bool close = false;                       ///< nothing can follow on the connection
};

class Outgoing {
  public:
    explicit Outgoing(AnswerParts parts);

    /// `bytes`: pending() has some. `wait`: nothing before wait() has passed. `done`: all of it was
    /// taken. `broken`: what was sent is not the whole, and never will be.
    enum class Next { bytes, wait, done, broken };
    Next next();
    std::string_view pending() const;
    /// So many bytes of pending() are on their way.
    void taken(std::size_t count);
    std::chrono::milliseconds wait() const { return wait_; }

    int status() const { return parts_.status; }
    bool close() const { return parts_.close; }
    /// Head and body, as far as they were taken.
    std::size_t sent() const { return sent_; }
    /// Only the end of the connection tells where the body ends: cut, it must not look whole.
    bool until_close() const { return parts_.stream && !parts_.chunked && !parts_.length; }
    /// Memory that it keeps.
    std::size_t held() const { return front_.size() + parts_.body.size(); }

  private:
    Next next_piece();

    AnswerParts parts_;
    std::string front_;   ///< goes before parts_.body
    std::size_t at_ = 0;  ///< of front_, then of the body, what was taken
    std::size_t sent_ = 0;
    std::uint64_t given_ = 0;  ///< by the stream
    bool ended_ = false;       ///< nothing comes behind front_ and the body
    std::chrono::milliseconds wait_{0};
};

}  // namespace sni::backend
