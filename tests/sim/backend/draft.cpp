#include "tests/sim/backend/draft.h"

#include <fmt/format.h>

namespace sni::sim {

namespace {

Draft draw_body(Tape& tape) {
    const std::size_t sizes[] = {10, 0, 1'000, 6'000, 20'000};
    Draft draft{.method = "POST", .path = "/post", .body = text_of(tape.one_of(sizes), 3)};
    draft.headers.push_back({"Content-Type", "text/plain"});
    draft.chunked = tape.one_in(3);
    if (tape.one_in(3)) draft.headers.push_back({"Expect", "100-continue"});
    return draft;
}

/// Whatever takes its time.
Draft draw_slow(Tape& tape) {
    const unsigned times[] = {300, 20, 3'000};
    const unsigned time = tape.one_of(times);
    switch (tape.choose(4)) {
        case 0:
            return {.path = fmt::format("/delay/{}.{:03}", time / 1'000, time % 1'000)};
        case 1:
            return {.path = "/drip",
                    .query = fmt::format("numbytes={}&duration={}ms&delay={}ms",
                                         1 + tape.choose(20), time, tape.choose(2) * 50)};
        case 2:
            return {.path = "/sse", .query = fmt::format("count=3&duration={}ms", time)};
        default:
            return {.path = "/range/1000",
                    .query = fmt::format("duration={}ms&chunk_size={}", time, 100)};
    }
}

Draft draw_bytes(Tape& tape, bool json) {
    const unsigned sizes[] = {100, 2'000, 0, 2'000, 17'000};
    const unsigned size = tape.one_of(sizes);
    switch (tape.choose(json ? 4 : 3)) {
        case 0:
            return {.path = fmt::format("/bytes/{}", size), .query = "seed=1"};
        case 1: {
            const unsigned chunks[] = {10'240, 1'000, 100'000, 40};
            return {.path = fmt::format("/stream-bytes/{}", size),
                    .query = fmt::format("seed=2&chunk_size={}", tape.one_of(chunks))};
        }
        case 2:
            return {.path = fmt::format("/range/{}", tape.one_in(4) ? 70'000 : size + 1),
                    .headers = {{"Range", fmt::format("bytes={}-", tape.choose(100))}}};
        default:
            return {.path = fmt::format("/stream/{}", tape.choose(30))};
    }
}

}  // namespace

std::string text_of(std::size_t size, unsigned salt) {
    std::string text(size, ' ');
    for (std::size_t i = 0; i < size; ++i)
        text[i] = static_cast<char>('a' + (i * 7 + i / 26 + salt) % 26);
    return text;
}

Draft draw_plain(Tape& tape) {
    if (tape.one_in(4)) return {.path = "/drip", .query = "numbytes=3&duration=30ms"};
    return draw_bytes(tape, false);
}

Draft draw_draft(Tape& tape) {
    switch (tape.choose(8)) {
        case 0:
            return {.path = "/status/418"};
        case 1:
        case 2:
            return draw_bytes(tape, true);
        case 3:
            return draw_body(tape);
        case 4:
            return draw_slow(tape);
        case 5:
            return {.path = "/trailers", .query = "a=1&b=2"};
        case 6: {
            const char* paths[] = {"/nowhere", "/get", "/status/204", "/redirect/1", "/json"};
            return {.method = tape.one_in(3) ? "HEAD" : "GET", .path = tape.one_of(paths)};
        }
        default: {
            const char* kinds[] = {"close", "reset", "hang"};
            return {.path = fmt::format("/fault/{}", tape.one_of(kinds))};
        }
    }
}

}  // namespace sni::sim
