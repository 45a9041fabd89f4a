// Answers from anybody: no crash, nothing beyond the limit, and the same answer whatever pieces it
// comes in.
#include <algorithm>

#include "lab/http/response_reader.h"
#include "tests/fuzz/require.h"

namespace {

using sni::http::ResponseReader;
using sni::test::require;
using State = ResponseReader::State;

constexpr std::size_t kBody = 4'096;

struct Read {
    State state;  ///< behind the end of the connection
    sni::http::ParsedResponse response;
    bool operator==(const Read&) const = default;
};

Read read(std::string_view bytes, std::size_t step) {
    ResponseReader reader(kBody);
    State state = State::need_more;
    while (!bytes.empty() && state == State::need_more) {
        const std::string_view piece = bytes.substr(0, step);
        state = reader.feed(piece);
        bytes.remove_prefix(piece.size());
    }
    if (state == State::need_more) state = reader.end(true);
    require(state != State::need_more, "it waits for more behind the end");
    require(state != State::broken || !reader.error().empty(), "broken, and nobody knows why");
    return {state, state == State::whole ? reader.response() : sni::http::ParsedResponse()};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes = sni::test::text_of(data, size);
    const Read whole = read(bytes, std::max<std::size_t>(size, 1));
    for (const std::size_t step : {std::size_t{1}, std::size_t{7}}) {
        require(read(bytes, step) == whole, "it matters how the bytes were cut");
    }
    if (whole.state != State::whole) return 0;
    require(whole.response.body.size() <= kBody, "a body over the limit");
    require(whole.response.status >= 200 || whole.response.status == 101,
            "an interim answer was taken for the last");
    for (const auto& [name, value] : whole.response.headers) {
        require(std::ranges::none_of(name, [](char c) { return c >= 'A' && c <= 'Z'; }),
                "a header's name in upper case");
        require(value.find_first_of("\r\n") == std::string::npos, "a line break in a header");
    }
    return 0;
}
