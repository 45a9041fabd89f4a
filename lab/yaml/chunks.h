// The documents of a stream, before anybody reads one.
#pragma once

#include <cstddef>
#include <limits>
#include <string_view>
#include <vector>

namespace sni::yaml {

/// Text of one document and the lines before it. yaml-cpp is given one document at a time: "---" at
/// the start of a line is a separator wherever it stands (YAML 1.2 §9.1.2), so that one broken
/// document does not hide the next, and its loop over documents, which never ends on a lone comma,
/// is not needed.
struct Chunk {
    std::string_view text;
    int lines_before = 0;
};

/// In their order, every byte of `text` in one of them; a separator begins the document behind it.
/// Objects of JSON one behind the other, each on lines of its own, are documents, too. `most` of
/// them, and all that is left as one more. Parts of `text`, which must outlive them.
std::vector<Chunk> chunks_of(std::string_view text,
                             std::size_t most = std::numeric_limits<std::size_t>::max());

}  // namespace sni::yaml
