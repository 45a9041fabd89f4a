#include "lab/scenario/process.h"

#include <algorithm>
#include <charconv>
#include <string_view>

namespace sni::scenario {

namespace {

struct Word {
    std::string_view text;
    Spot at;
};

/// `sh -c "gunicorn --certfile=…"` has the interesting words inside one argument.
void split_words(const std::vector<Text>& arguments, std::vector<Word>& words) {
    for (const Text& argument : arguments) {
        std::string_view rest = argument.value;
        while (true) {
            const std::size_t start = rest.find_first_not_of(" \t\n\"'");
            if (start == std::string_view::npos) break;
            rest.remove_prefix(start);
            const std::size_t end = std::min(rest.find_first_of(" \t\n\"'"), rest.size());
            words.push_back({rest.substr(0, end), argument.at});
            rest.remove_prefix(end);
        }
    }
}

/// The value of `flag` at words[i]: "--flag=V", "--flag V", and for short ones "-fV".
std::optional<Word> value_of(const std::vector<Word>& words, std::size_t i, std::string_view flag) {
    const Word& word = words[i];
    if (!word.text.starts_with(flag)) return std::nullopt;
    std::string_view rest = word.text.substr(flag.size());
    if (rest.empty()) {
        return i + 1 < words.size() ? std::optional(words[i + 1]) : std::nullopt;
    }
    const bool long_flag = flag.starts_with("--");
    if (rest.starts_with('=')) {
        rest.remove_prefix(1);
    } else if (long_flag) {
        return std::nullopt;
    }
    return Word{rest, word.at};
}

std::optional<Word> first_value(const std::vector<Word>& words, std::size_t i,
                                std::initializer_list<std::string_view> flags) {
    for (const std::string_view flag : flags) {
        if (auto value = value_of(words, i, flag)) return value;
    }
    return std::nullopt;
}

std::optional<Process::Bind> parse_bind(const Word& word) {
    const std::size_t colon = word.text.rfind(':');
    if (word.text.starts_with("unix:") || colon == std::string_view::npos) return std::nullopt;
    const std::string_view host = word.text.substr(0, colon);
    const std::string_view digits = word.text.substr(colon + 1);
    Process::Bind bind{.at = word.at};
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), bind.port);
    if (error != std::errc() || end != digits.data() + digits.size() || bind.port == 0) {
        return std::nullopt;
    }
    bind.loopback_only = host.starts_with("127.") || host == "localhost" || host == "[::1]";
    return bind;
}

}  // namespace

Process process_of(const Container& container) {
    std::vector<Word> words;
    split_words(container.command, words);
    split_words(container.args, words);
    Process process;
    const auto as_text = [](const Word& word) { return Text{std::string(word.text), word.at}; };
    for (std::size_t i = 0; i < words.size(); ++i) {
        const std::string_view text = words[i].text;
        const std::string_view program = text.substr(text.rfind('/') + 1);  // npos + 1 is 0
        if (program == "gunicorn") process.gunicorn = true;
        if (const auto bind = first_value(words, i, {"-b", "--bind"})) {
            if (const auto parsed = parse_bind(*bind)) process.binds.push_back(*parsed);
        }
        if (const auto path = first_value(words, i, {"--certfile", "--ssl-certfile"})) {
            if (!path->text.contains('$')) process.cert_file = as_text(*path);
        }
        if (const auto path = first_value(words, i, {"--keyfile", "--ssl-keyfile"})) {
            if (!path->text.contains('$')) process.key_file = as_text(*path);
        }
    }
    return process;
}

}  // namespace sni::scenario
