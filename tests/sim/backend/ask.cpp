#include "tests/sim/backend/ask.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "lab/httpbin/routes.h"
#include "tests/sim/backend/draft.h"

namespace sni::sim {

namespace {

using std::chrono::milliseconds;

http::Request request_of(const Draft& draft) {
    http::Request request{.method = draft.method,
                          .target = draft.path,
                          .host = "a.test",
                          .path = draft.path,
                          .query = draft.query,
                          .minor_version = draft.minor_version,
                          .headers = draft.headers,
                          .body = draft.body};
    if (!draft.query.empty()) request.target += "?" + draft.query;
    return request;
}

/// In chunks of whatever size.
std::string chunks_of(Tape& tape, std::string_view body) {
    std::string text;
    while (!body.empty()) {
        const std::size_t sizes[] = {8'000, 1, 50'000};
        const std::string_view chunk = body.substr(0, tape.one_of(sizes));
        body.remove_prefix(chunk.size());
        text += fmt::format("{:x}\r\n{}\r\n", chunk.size(), chunk);
    }
    return text + "0\r\n\r\n";
}

/// One frame of a client: masked, as it must be (RFC 6455 §5.3).
std::string frame(unsigned opcode, std::string_view payload, bool masked) {
    std::string text{static_cast<char>(0x80 | opcode)};
    const unsigned mask_bit = masked ? 0x80 : 0;
    if (payload.size() < 126) {
        text += static_cast<char>(mask_bit | payload.size());
    } else {
        text += static_cast<char>(mask_bit | 126);
        text += static_cast<char>(payload.size() >> 8);
        text += static_cast<char>(payload.size() & 0xFF);
    }
    if (masked) text += std::string(4, '\x20');
    for (const char c : payload)
        text += masked ? static_cast<char>(c ^ 0x20) : c;
    return text;
}

void draw_words(Tape& tape, Ask& ask) {
    constexpr unsigned kText = 1, kClose = 8, kPing = 9, kPong = 10;
    for (std::uint32_t count = tape.choose(4); count > 0; --count) {
        const std::size_t sizes[] = {5, 200, 9'000};
        const std::string payload = text_of(tape.one_of(sizes), count);
        const bool pings = payload.size() < 126 && tape.one_in(4);
        ask.words += frame(pings ? kPing : kText, payload, true);
        ask.echo += frame(pings ? kPong : kText, payload, false);
    }
    ask.last_word = tape.one_in(2);
    if (!ask.last_word) return;
    ask.words += frame(kClose, "\x03\xE8", true);
    ask.echo += frame(kClose, "\x03\xE8", false);
}

/// What the handlers answer, read to its end.
void expect(Ask& ask, Kernel& kernel, const Draft& draft, const Asking& asking) {
    http::Response response = httpbin::respond(request_of(draft), asking.connection, asking.site);
    ask.status = response.status;
    ask.fault = response.fault;
    ask.after = response.after + asking.slow;
    ask.until_end = response.stream && !response.length && draft.minor_version == 0;
    ask.closes = !draft.keep_alive || ask.until_end;
    ask.talks = static_cast<bool>(response.conversation);
    ask.content = response.body;
    while (response.stream) {
        const http::Piece piece = response.stream();
        ask.content += piece.bytes;
        // Behind what has a length nothing more comes.
        if (!piece.bytes.empty() || !response.length) ask.last_byte = ask.lasts;
        ask.lasts += piece.wait;
        kernel.pass(piece.wait);
        if (piece.last) break;
    }
    // What /sse tells of the time that it took depends on how fast it is read.
    if (response.trailers && draft.path != "/sse") ask.trailers = response.trailers();
    ask.headers = std::move(response.headers);
    if (ask.until_end)
        std::erase_if(ask.headers, [](auto& each) { return each.name == "Trailer"; });
    ask.head_only = draft.method == "HEAD";
    if (ask.head_only) ask.lasts = ask.last_byte = {};
}

Ask draw_refused(Tape& tape, const Asking& asking) {
    static constexpr std::pair<std::string_view, int> kHeads[] = {
        {"GET / HTTP/1.1\r\n\r\n", 400},  // no Host
        {"\x01\r\n\r\n", 400},
        {"GET /get HTTP/1.1\r\nHost: a.test\r\nContent-Length: x\r\n\r\n", 400},
        {"GET / HTTP/3.7\r\nHost: a.test\r\n\r\n", 505},
    };
    const auto& [head, status] = kHeads[tape.choose(std::size(kHeads))];
    return {.about = fmt::format("what is refused with {}", status),
            .head = std::string(head),
            .status = status,
            .refused = true,
            .closes = true,
            .after = asking.slow};
}

}  // namespace

Ask draw_ask(Tape& tape, Kernel& kernel, const Asking& asking) {
    if (asking.json && tape.one_in(24)) return draw_refused(tape, asking);
    const bool talks = tape.one_in(12);
    Draft draft = talks         ? Draft{.path = "/websocket/echo",
                                        .headers = {{"Connection", "Upgrade"},
                                                    {"Upgrade", "websocket"},
                                                    {"Sec-WebSocket-Version", "13"},
                                                    {"Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA=="}}}
                  : asking.json ? draw_draft(tape)
                                : draw_plain(tape);
    if (!talks && !draft.chunked && tape.one_in(8)) {
        draft.minor_version = 0;
        draft.keep_alive = false;
        std::erase_if(draft.headers, [](auto& each) { return each.name == "Expect"; });
    } else if (!talks && tape.one_in(8)) {
        draft.keep_alive = false;
        draft.headers.push_back({"Connection", "close"});
    }
    const bool has_body = draft.method == "POST";
    draft.headers.insert(draft.headers.begin(), {"Host", "a.test"});
    if (has_body) {
        draft.headers.push_back(
            draft.chunked ? http::Header{"Transfer-Encoding", "chunked"}
                          : http::Header{"Content-Length", fmt::to_string(draft.body.size())});
    }
    const http::Request request = request_of(draft);
    Ask ask{.about = fmt::format("{} {}", draft.method, request.target)};
    ask.head =
        fmt::format("{} {} HTTP/1.{}\r\n", draft.method, request.target, draft.minor_version);
    for (const auto& [name, value] : draft.headers)
        ask.head += fmt::format("{}: {}\r\n", name, value);
    ask.head += "\r\n";
    if (has_body) ask.body = draft.chunked ? chunks_of(tape, draft.body) : draft.body;
    ask.expects = http::find_header(draft.headers, "Expect") != nullptr;
    if (draft.body.size() > asking.most_body) {
        ask.status = 413;
        ask.refused = ask.closes = true;
        ask.after = asking.slow;
        return ask;
    }
    expect(ask, kernel, draft, asking);
    if (ask.talks) draw_words(tape, ask);
    return ask;
}

}  // namespace sni::sim
