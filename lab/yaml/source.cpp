#include "lab/yaml/source.h"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "lab/core/encoding.h"
#include "lab/core/pem_text.h"
#include "lab/yaml/confidential.h"
#include "lab/yaml/separator.h"

namespace sni::yaml {

namespace {

// A longer line says nothing to a reader, and every diagnostic would carry it.
constexpr std::size_t kLongestShownLine = 240;

bool continues_character(char c) {
    return (static_cast<unsigned char>(c) & 0xC0u) == 0x80u;
}

/// One column for each character, whatever it is, so that the underlining stands where it should.
/// Nor may a line of somebody's file command GitHub's runner, which looks for ##[ everywhere.
std::string one_column_each(std::string_view line) {
    std::string shown;
    while (!line.empty()) {
        std::size_t length = 1;
        while (length < line.size() && continues_character(line[length]))
            ++length;
        const std::string_view character = line.substr(0, length);
        if (character == "\t") {
            shown += ' ';
        } else {
            const bool commands = character == "#" && shown.ends_with('#');
            shown +=
                commands || printable(character) != character ? std::string_view("?") : character;
        }
        line.remove_prefix(length);
    }
    return shown;
}

/// The bytes of the token at the front of `rest`: a quoted text, or up to what ends a plain one.
std::size_t token_length(std::string_view rest) {
    if (rest.empty()) return 0;
    const char first = rest.front();
    if (first == '"' || first == '\'') {
        for (std::size_t i = 1; i < rest.size(); ++i) {
            if (rest[i] == '\\' && first == '"') {
                ++i;
            } else if (rest[i] == first) {
                return i + 1;
            }
        }
        return rest.size();
    }
    std::size_t end = 1;
    const auto ends = [&](std::size_t i) {
        const char c = rest[i];
        const char next = i + 1 < rest.size() ? rest[i + 1] : ' ';
        if (c == ':' || c == ',') return next == ' ';
        if (c == ' ') return next == '#';
        return c == ']' || c == '}';
    };
    while (end < rest.size() && !ends(end))
        ++end;
    while (end > 1 && rest[end - 1] == ' ')
        --end;
    return end;
}

std::size_t characters(std::string_view text) {
    return static_cast<std::size_t>(
        std::ranges::count_if(text, [](char c) { return !continues_character(c); }));
}

std::size_t byte_offset(std::string_view line, int column) {
    std::size_t offset = 0;
    for (int left = column - 1; left > 0 && offset < line.size(); --left) {
        ++offset;
        while (offset < line.size() && continues_character(line[offset]))
            ++offset;
    }
    return offset;
}

}  // namespace

Place place_of(const std::vector<File>& files, Spot spot) {
    const auto file = static_cast<std::size_t>(spot.file);
    return {.file = file < files.size() ? files[file].name : std::string(),
            .line = spot.line,
            .column = spot.column};
}

Findings::Findings(const std::vector<File>& files) : files_(files), lines_(files.size()) {}

Findings::Lines Findings::lines_of(std::string_view text) {
    Lines lines;
    std::size_t begin = 0;  // of the document
    const auto end_document = [&](std::size_t end) {
        lines.hidden.resize(lines.starts.size(), is_confidential(text.substr(begin, end - begin)));
        begin = end;
    };
    std::size_t at = text.starts_with("\xEF\xBB\xBF") ? 3 : 0;
    for (std::size_t next = 0; next != std::string_view::npos; at = next + 1) {
        next = text.find('\n', at);
        if (is_separator(text.substr(at, next - at))) end_document(at);
        lines.starts.push_back(at);
    }
    end_document(text.size());
    return lines;
}

std::string_view Findings::line_text(Spot spot) {
    const auto file = static_cast<std::size_t>(spot.file);
    if (file >= files_.size() || spot.line < 1) return {};
    const std::string_view text = files_[file].text;
    if (lines_[file].starts.empty()) lines_[file] = lines_of(text);
    const Lines& lines = lines_[file];
    const auto line = static_cast<std::size_t>(spot.line) - 1;
    if (line >= lines.starts.size() || lines.hidden[line]) return {};
    std::string_view shown = text.substr(lines.starts[line]);
    shown = shown.substr(0, shown.find('\n'));
    if (shown.ends_with('\r')) shown.remove_suffix(1);
    return shown.size() > kLongestShownLine ? std::string_view{} : shown;
}

void Findings::add(Level level, std::string_view code, Spot spot, std::string message,
                   std::string why, std::string hint) {
    if (level == Level::error) ++errors_;
    Diagnostic d{.level = level,
                 .code = std::string(code),
                 .place = place_of(files_, spot),
                 .message = std::move(message),
                 .why = std::move(why),
                 .hint = std::move(hint)};
    if (const std::string_view line = line_text(spot); !line.empty()) {
        d.source = one_column_each(line);
        const std::string_view rest = line.substr(byte_offset(line, spot.column));
        d.width = static_cast<int>(characters(rest.substr(0, token_length(rest))));
    }
    found_.push_back({.spot = spot, .diagnostic = std::move(d)});
}

std::vector<Diagnostic> Findings::take() {
    std::ranges::stable_sort(found_, {}, &Found::spot);
    std::vector<Diagnostic> diagnostics;
    diagnostics.reserve(found_.size());
    // What is found for each of several gateways is said once.
    std::set<std::pair<std::string_view, std::string_view>> said;
    for (std::size_t i = 0; i < found_.size(); ++i) {
        const Diagnostic& each = found_[i].diagnostic;
        if (i > 0 && found_[i].spot != found_[i - 1].spot) said.clear();
        found_[i].repeated = !said.emplace(each.code, each.message).second;
    }
    for (Found& found : found_) {
        if (!found.repeated) diagnostics.push_back(std::move(found.diagnostic));
    }
    found_.clear();
    return diagnostics;
}

std::string quote(std::string_view text) {
    constexpr std::size_t kShown = 80;
    const std::size_t pem = text.find(kPemBegin);
    const std::size_t open = pem == std::string_view::npos ? pem : pem + kPemBegin.size() - 1;
    std::string_view head = text.substr(0, std::min(kShown, open));
    if (head.size() < text.size()) head = head.substr(0, valid_utf8_prefix(head));
    return fmt::format("\"{}{}\"", printable(head), head.size() < text.size() ? "…" : "");
}

}  // namespace sni::yaml
