// One side of a WebSocket (RFC 6455): frames in, what is said to them out. Pure and incremental.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lab/http/message.h"

namespace sni::http {

struct WebSocketLimits {
    std::size_t fragment = 1u << 20;  ///< as much as a message: browsers send them in one frame
    std::size_t message = 1u << 20;
};

/// Says every message back as it came, text as text; answers pings, and ends with a close frame:
/// the client's own, or one that names its mistake.
class WebSocketEcho {
  public:
    explicit WebSocketEcho(WebSocketLimits limits) : limits_(limits) {}

    Reply feed(std::string_view bytes);
    /// What this side says when it is the one to end it.
    static std::string going_away();

  private:
    struct Frame {
        bool final;
        unsigned opcode;
        std::string payload;
    };
    enum class Mistake : std::uint16_t { protocol = 1002, not_utf8 = 1007, too_big = 1009 };

    /// Nothing while a frame is incomplete; sets mistake_ for one that can never be right.
    std::optional<Frame> next_frame();
    void act_on(Frame frame, Reply& reply);
    void act_on_data(Frame frame, Reply& reply);
    void close(Reply& reply, std::string_view payload);

    WebSocketLimits limits_;
    std::string wire_;
    std::optional<unsigned> opcode_;  ///< of the message whose fragments are gathered
    std::string message_;
    std::optional<Mistake> mistake_;
};

}  // namespace sni::http
