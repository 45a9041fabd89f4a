#include "lab/route/routes_file.h"

#include <algorithm>

#include <fmt/format.h>

#include "lab/core/codes.h"
#include "lab/core/encoding.h"
#include "lab/core/pem_text.h"

namespace sni::route {

namespace {

constexpr std::size_t kMaxMistakes = 100;
constexpr std::string_view kBlank = " \t\r";

/// A piece of a line, and where it starts (from 0).
struct Word {
    std::string_view text;
    std::size_t at = 0;
};

/// Up to a comment, which a word begins: there may be a '#' in a path.
std::vector<Word> words_of(std::string_view line) {
    std::vector<Word> words;
    for (std::size_t at = line.find_first_not_of(kBlank);
         at != std::string_view::npos && line[at] != '#';) {
        const std::size_t end = std::min(line.find_first_of(kBlank, at), line.size());
        words.push_back({line.substr(at, end - at), at});
        at = line.find_first_not_of(kBlank, end);
    }
    return words;
}

class Reader {
  public:
    explicit Reader(const std::string& file) : file_(file) {}

    void line(std::string_view text) {
        ++line_;
        source_ = text;
        const std::vector<Word> words = words_of(text);
        if (words.empty()) return;
        if (words.size() != 2) {
            const Word& odd = words.size() > 2 ? words[2] : words[0];
            return mistake(odd,
                           words.size() > 2
                               ? fmt::format("\"{}\" is one word too many", printable(odd.text))
                               : fmt::format("\"{}\" has no backend", printable(odd.text)));
        }
        auto pattern = HostPattern::parse(words[0].text);
        auto backend = parse_backend(words[1].text);
        if (!pattern) mistake(words[0], pattern.error());
        if (!backend) mistake(words[1], backend.error());
        if (pattern && backend) {
            parsed_.routes.push_back({std::move(*pattern), {std::move(*backend)}});
        }
    }

    bool hopeless() const { return parsed_.diagnostics.size() >= kMaxMistakes; }
    ParsedRoutes take() { return std::move(parsed_); }

  private:
    void mistake(const Word& word, std::string message) {
        Diagnostic d{.code = std::string(code::kBadRoute),
                     .place = {file_, line_, static_cast<int>(word.at) + 1},
                     .message = std::move(message),
                     .hint =
                         "a line is NAME HOST:PORT[*WEIGHT], as in httpbin.example.com "
                         "127.0.0.1:9443"};
        // Escaped, the columns would no longer fit; the message quotes the word in any case.
        if (source_.size() < 200 && printable(source_) == source_) {
            d.source = source_;
            d.width = static_cast<int>(word.text.size());
        }
        parsed_.diagnostics.push_back(std::move(d));
    }

    const std::string& file_;
    int line_ = 0;
    std::string_view source_;
    ParsedRoutes parsed_;
};

}  // namespace

ParsedRoutes parse_routes(std::string_view text, const std::string& file) {
    Reader reader(file);
    // Windows' editors begin UTF-8 with a byte order mark, which belongs to no name.
    if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
    // Of somebody's key no message shall show any.
    if (const int line = pem_line(text); line > 0) {
        return {.diagnostics = {{.code = std::string(code::kBadRoute),
                                 .place = {.file = file, .line = line, .column = 1},
                                 .message = "this is a key or a certificate, and no routes file",
                                 .hint = "a line of one is NAME HOST:PORT[*WEIGHT]"}}};
    }
    while (!text.empty() && !reader.hopeless()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, end);
        if (line.ends_with('\r')) line.remove_suffix(1);
        reader.line(line);
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return reader.take();
}

}  // namespace sni::route
