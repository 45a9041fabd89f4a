#include "lab/httpbin/json/json_escape.h"

#include <algorithm>
#include <array>

#include "lab/core/encoding.h"

namespace sni::httpbin {

namespace {

/// Where `text` can be cut, at `most` or a little before: not inside of a character.
std::size_t cut_of(std::string_view text, std::size_t most) {
    if (text.size() <= most) return text.size();
    constexpr std::size_t kLongestTail = 3;
    for (std::size_t back = 0; back <= kLongestTail; ++back) {
        const auto byte = static_cast<unsigned char>(text[most - back]);
        if ((byte & 0xC0u) != 0x80) return most - back;  // here a character begins
    }
    return most;  // no UTF-8 in any case
}

/// How a byte is written inside of a string: itself, or an escape.
struct Written {
    static constexpr std::size_t kMost = 6;
    std::array<char, kMost> text{};
    std::size_t size = 1;
};

constexpr std::array<Written, 256> kWritten = [] {
    std::array<Written, 256> written{};
    const auto put = [&](std::size_t byte, std::string_view text) {
        std::ranges::copy(text, written[byte].text.begin());
        written[byte].size = text.size();
    };
    constexpr std::string_view kHex = "0123456789abcdef";
    for (std::size_t byte = 0; byte < written.size(); ++byte) {
        written[byte].text[0] = static_cast<char>(byte);
        const char control[] = {'\\', 'u', '0', '0', kHex[byte >> 4], kHex[byte & 0xF]};
        if (byte < ' ') put(byte, {control, sizeof control});
    }
    put('\b', "\\b");
    put('\t', "\\t");
    put('\n', "\\n");
    put('\f', "\\f");
    put('\r', "\\r");
    put('"', "\\\"");
    put('\\', "\\\\");
    return written;
}();

/// By table: control characters by the megabyte would keep a worker for seconds else.
void append_escaped(std::string_view text, std::string& into) {
    const std::size_t before = into.size();
    into.resize(before + Written::kMost * text.size());
    char* out = into.data() + before;
    for (const char c : text) {
        const Written& written = kWritten[static_cast<unsigned char>(c)];
        std::ranges::copy(written.text, out);
        out += written.size;
    }
    into.resize(static_cast<std::size_t>(out - into.data()));
}

/// How many bytes at the front of `text`, where no character begins, are one mistake: as many as
/// might have become a character (Unicode §3.9, the maximal subpart), else one.
std::size_t broken_bytes(std::string_view text) {
    constexpr std::size_t kLongest = 4;
    std::size_t size = 1;
    for (; size + 1 < kLongest && size < text.size(); ++size) {
        const bool goes_on = (static_cast<unsigned char>(text[size]) & 0xC0u) == 0x80;
        if (!goes_on) break;
        std::array<char, kLongest> completed{};
        completed.fill('\x80');
        text.copy(completed.data(), size + 1);
        if (!utf8_at({completed.data(), completed.size()})) break;
    }
    return size;
}

/// Appends `text`, its sound parts by `append`.
void append_sound(std::string_view text, auto append, std::string& into) {
    while (!text.empty()) {
        const std::size_t valid = valid_utf8_prefix(text);
        append(text.substr(0, valid), into);
        text.remove_prefix(valid);
        if (text.empty()) break;
        into += "\xEF\xBF\xBD";
        text.remove_prefix(broken_bytes(text));
    }
}

}  // namespace

std::size_t write_escaped(std::string_view text, std::size_t at, std::size_t most,
                          std::string& into) {
    const std::string_view rest = text.substr(at);
    const std::string_view piece = rest.substr(0, cut_of(rest, most));
    append_sound(piece, append_escaped, into);
    return at + piece.size();
}

std::string sound_utf8(std::string text) {
    if (is_utf8(text)) return text;
    std::string sound;
    append_sound(text, [](std::string_view part, std::string& into) { into += part; }, sound);
    return sound;
}

}  // namespace sni::httpbin
