#include "lab/http/websocket.h"

#include <utility>

#include "lab/core/encoding.h"

namespace sni::http {

namespace {

// RFC 6455 §5.2 and §11.8.
constexpr unsigned kContinuation = 0x0;
constexpr unsigned kText = 0x1;
constexpr unsigned kBinary = 0x2;
constexpr unsigned kClose = 0x8;
constexpr unsigned kPing = 0x9;
constexpr unsigned kPong = 0xA;
constexpr std::size_t kLargestControl = 125;

bool is_control_frame(unsigned opcode) {
    return (opcode & 0x8) != 0;
}

std::uint64_t big_endian(std::string_view bytes) {
    std::uint64_t value = 0;
    for (const char byte : bytes) {
        value = value << 8 | static_cast<unsigned char>(byte);
    }
    return value;
}

/// A whole message, unmasked as servers send them.
std::string frame_of(unsigned opcode, std::string_view payload) {
    std::string frame{static_cast<char>(0x80 | opcode)};
    const auto append = [&](std::uint64_t value, int bytes) {
        for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
            frame += static_cast<char>(value >> shift & 0xFF);
        }
    };
    if (payload.size() <= kLargestControl) {
        append(payload.size(), 1);
    } else if (payload.size() <= 0xFFFF) {
        append(126, 1);
        append(payload.size(), 2);
    } else {
        append(127, 1);
        append(payload.size(), 8);
    }
    return frame.append(payload);
}

/// The code of a close frame is one that may stand there (RFC 6455 §7.4), or there is none.
bool has_close_code(std::string_view payload) {
    if (payload.empty()) return true;
    if (payload.size() == 1) return false;
    const std::uint64_t code = big_endian(payload.substr(0, 2));
    const bool known =
        (code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006);
    return known || (code >= 3000 && code <= 4999);
}

}  // namespace

Reply WebSocketEcho::feed(std::string_view bytes) {
    wire_ += bytes;
    Reply reply;
    while (!reply.last) {
        auto frame = next_frame();
        if (frame) act_on(std::move(*frame), reply);
        if (mistake_) {
            const auto code = static_cast<unsigned>(*mistake_);
            close(reply, std::string{static_cast<char>(code >> 8), static_cast<char>(code & 0xFF)});
        } else if (!frame) {
            break;
        }
    }
    reply.held = wire_.size() + message_.size();
    return reply;
}

std::optional<WebSocketEcho::Frame> WebSocketEcho::next_frame() {
    if (wire_.size() < 2) return std::nullopt;
    const auto first = static_cast<unsigned char>(wire_[0]);
    const auto second = static_cast<unsigned char>(wire_[1]);
    Frame frame{.final = (first & 0x80) != 0, .opcode = first & 0x0Fu, .payload = {}};
    const std::uint64_t short_size = second & 0x7Fu;
    const std::size_t size_bytes = short_size == 127 ? 8 : short_size == 126 ? 2 : 0;
    const bool masked = (second & 0x80) != 0;
    const bool known = frame.opcode <= kBinary || (frame.opcode >= kClose && frame.opcode <= kPong);
    const bool control_fits =
        !is_control_frame(frame.opcode) || (frame.final && short_size <= kLargestControl);
    if ((first & 0x70) != 0 || !masked || !known || !control_fits) {
        mistake_ = Mistake::protocol;
        return std::nullopt;
    }
    constexpr std::size_t kMask = 4;
    const std::size_t head = 2 + size_bytes + kMask;
    if (wire_.size() < head) return std::nullopt;
    const std::uint64_t size =
        size_bytes == 0 ? short_size : big_endian(std::string_view(wire_).substr(2, size_bytes));
    // The shortest way to write a length is the only one (RFC 6455 §5.2).
    const bool minimal = size_bytes == 0 || size > (size_bytes == 2 ? kLargestControl : 0xFFFF);
    if (!minimal || size >> 63 != 0) {
        mistake_ = Mistake::protocol;
        return std::nullopt;
    }
    if (size > limits_.fragment && !is_control_frame(frame.opcode)) {
        mistake_ = Mistake::too_big;
        return std::nullopt;
    }
    if (wire_.size() - head < size) return std::nullopt;
    const std::string mask = wire_.substr(head - kMask, kMask);
    frame.payload = wire_.substr(head, size);
    for (std::size_t i = 0; i < frame.payload.size(); ++i) {
        frame.payload[i] = static_cast<char>(frame.payload[i] ^ mask[i % kMask]);
    }
    wire_.erase(0, head + size);
    return frame;
}

void WebSocketEcho::act_on(Frame frame, Reply& reply) {
    switch (frame.opcode) {
        case kPing:
            reply.bytes += frame_of(kPong, frame.payload);
            break;
        case kPong:
            break;
        case kClose:
            if (!has_close_code(frame.payload)) {
                mistake_ = Mistake::protocol;
            } else if (!frame.payload.empty() && !is_utf8(frame.payload.substr(2))) {
                mistake_ = Mistake::not_utf8;
            } else {
                close(reply, frame.payload);
            }
            break;
        default:
            act_on_data(std::move(frame), reply);
    }
}

void WebSocketEcho::act_on_data(Frame frame, Reply& reply) {
    if ((frame.opcode == kContinuation) != opcode_.has_value()) {
        mistake_ = Mistake::protocol;
        return;
    }
    if (!opcode_) opcode_ = frame.opcode;
    if (message_.size() + frame.payload.size() > limits_.message) {
        mistake_ = Mistake::too_big;
        return;
    }
    message_ += frame.payload;
    if (!frame.final) return;
    if (*opcode_ == kText && !is_utf8(message_)) {
        mistake_ = Mistake::not_utf8;
        return;
    }
    reply.bytes += frame_of(*opcode_, message_);
    opcode_.reset();
    std::string().swap(message_);
}

void WebSocketEcho::close(Reply& reply, std::string_view payload) {
    reply.bytes += frame_of(kClose, payload);
    reply.last = true;
}

std::string WebSocketEcho::going_away() {
    return frame_of(kClose, "\x03\xE9");  // 1001
}

}  // namespace sni::http
