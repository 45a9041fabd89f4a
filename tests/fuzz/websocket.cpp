// Frames from anybody: no crash, bounded memory, and the same is said whatever pieces they come in.
#include "lab/http/websocket.h"

#include <algorithm>

#include "tests/fuzz/require.h"

namespace {

using sni::http::Reply;
using sni::http::WebSocketEcho;
using sni::test::require;

constexpr sni::http::WebSocketLimits kLimits{.fragment = 1'024, .message = 2'048};
constexpr std::size_t kLargestHead = 14;

std::string say(std::string_view bytes, std::size_t step) {
    WebSocketEcho echo(kLimits);
    std::string said;
    while (!bytes.empty()) {
        const std::string_view piece = bytes.substr(0, step);
        bytes.remove_prefix(piece.size());
        const Reply reply = echo.feed(piece);
        said += reply.bytes;
        if (reply.last) return said;
        require(reply.held <= kLimits.fragment + kLimits.message + kLargestHead,
                "it keeps more than a frame and a message");
    }
    return said;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes = sni::test::text_of(data, size);
    const std::string whole = say(bytes, std::max<std::size_t>(size, 1));
    for (const std::size_t step : {std::size_t{1}, std::size_t{7}}) {
        require(say(bytes, step) == whole, "it matters how the frames were cut");
    }
    return 0;
}
