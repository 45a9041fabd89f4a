#include "lab/yaml/chunks.h"

#include <algorithm>

#include "lab/yaml/separator.h"
#include "lab/yaml/yaml_json.h"

namespace sni::yaml {

namespace {

/// Objects of JSON one behind the other, each on lines of its own and in a chunk of its own:
/// kubectl takes them as documents, and jq and a second kubectl get write them.
void add_chunks(std::vector<Chunk>& chunks, Chunk chunk, std::size_t most) {
    constexpr std::string_view kBlank = " \t\r\n";
    while (chunks.size() < most) {
        const std::size_t separator = is_separator(chunk.text) ? 3 : 0;
        const std::size_t begin = chunk.text.find_first_not_of(kBlank, separator);
        if (begin == std::string_view::npos || chunk.text[begin] != '{') break;
        const std::size_t size = end_of_json_object(chunk.text.substr(begin));
        const std::size_t next = chunk.text.find_first_not_of(kBlank, begin + size);
        if (size == 0 || next == std::string_view::npos || chunk.text[next] != '{') break;
        const std::size_t line_end = chunk.text.substr(0, next).rfind('\n');
        if (line_end == std::string_view::npos || line_end < begin + size) break;
        const std::string_view first = chunk.text.substr(0, line_end + 1);
        chunks.push_back({first, chunk.lines_before});
        chunk.text.remove_prefix(first.size());
        chunk.lines_before += static_cast<int>(std::ranges::count(first, '\n'));
    }
    chunks.push_back(chunk);
}

}  // namespace

std::vector<Chunk> chunks_of(std::string_view text, std::size_t most) {
    std::vector<Chunk> chunks;
    std::size_t start = 0;
    int line = 0;
    int first_line = 0;
    for (std::size_t at = 0; at < text.size() && chunks.size() < most;) {
        const std::size_t newline = text.find('\n', at);
        const std::size_t next = newline == std::string_view::npos ? text.size() : newline + 1;
        if (at > start && is_separator(text.substr(at, next - at))) {
            add_chunks(chunks, {text.substr(start, at - start), first_line}, most);
            start = at;
            first_line = line;
        }
        at = next;
        ++line;
    }
    add_chunks(chunks, {text.substr(start), first_line}, most);
    return chunks;
}

}  // namespace sni::yaml
