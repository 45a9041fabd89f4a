// An answer on its way out: its head, then its body as it comes, in the framing that the head
// announced. Pure; sending it, and waiting, are session.h's business.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "lab/http/message.h"
#include "lab/web/answer_writer.h"

namespace sni::backend {

class Outgoing {
  public:
    /// `response` behind its `head`, which is all of the answer to a HEAD; its `after` is somebody
    /// else's business.
    Outgoing(web::Head head, http::Response response, bool head_only);

    /// `bytes`: pending() has some. `wait`: nothing before wait() has passed. `done`: all of it was
    /// taken. `broken`: what was sent is not the whole, and never will be.
    enum class Next { bytes, wait, done, broken };
    Next next();
    std::string_view pending() const;
    /// So many bytes of pending() are on their way.
    void taken(std::size_t count);
    std::chrono::milliseconds wait() const { return wait_; }

    int status() const { return response_.status; }
    bool close() const { return close_; }
    /// Head and body, as far as they were taken.
    std::size_t sent() const { return sent_; }
    /// Only the end of the connection tells where the body ends: cut, it must not look whole.
    bool until_close() const { return response_.stream && !chunked_ && !response_.length; }
    /// Memory that it keeps.
    std::size_t held() const { return front_.size() + response_.body.size() + response_.held; }

  private:
    Next next_piece();

    http::Response response_;
    bool chunked_;
    bool close_;
    std::string front_;   ///< goes before the body
    std::size_t at_ = 0;  ///< of front_, then of the body, what was taken
    std::size_t sent_ = 0;
    std::uint64_t given_ = 0;  ///< by the stream
    bool ended_ = false;       ///< nothing comes behind front_ and the body
    std::chrono::milliseconds wait_{0};
};

}  // namespace sni::backend
