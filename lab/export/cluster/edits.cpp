#include "lab/export/cluster/edits.h"

#include <algorithm>

namespace sni::exporting {

namespace {

/// Past `characters` of UTF-8.
std::size_t skip(std::string_view text, std::size_t at, std::size_t characters) {
    const auto continues = [&] {
        return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80;
    };
    for (; characters > 0 && at < text.size(); --characters) {
        ++at;
        while (continues()) {
            ++at;
        }
    }
    return at;
}

}  // namespace

std::size_t offset_of(std::string_view text, int first_line, yaml::Spot at) {
    std::size_t begin = 0;
    for (int line = first_line; line < at.line && begin < text.size(); ++line) {
        begin = std::min(text.find('\n', begin), text.size() - 1) + 1;
    }
    return skip(text, begin, static_cast<std::size_t>(std::max(at.column, 1) - 1));
}

std::optional<Edit> replacement(std::string_view text, const yaml::Node& scalar, std::string by) {
    const std::string_view rest = text.substr(offset_of(text, 1, scalar.at()));
    const std::size_t quotes = rest.starts_with('"') || rest.starts_with('\'') ? 1 : 0;
    if (!rest.substr(quotes).starts_with(scalar.text())) return std::nullopt;
    return Edit{scalar.at(), scalar.text().size() + 2 * quotes, std::move(by)};
}

std::string edited(std::string_view text, int file, int first_line, int last_line,
                   const std::vector<Edit>& edits) {
    std::vector<const Edit*> inside;
    for (const Edit& edit : edits) {
        if (edit.at.file == file && edit.at.line >= first_line && edit.at.line <= last_line)
            inside.push_back(&edit);
    }
    std::ranges::stable_sort(inside, {}, &Edit::at);
    std::string out;
    std::size_t done = 0;
    for (const Edit* edit : inside) {
        const std::size_t at = offset_of(text, first_line, edit->at);
        out += text.substr(done, at - done);
        out += edit->text;
        done = skip(text, at, edit->characters);
    }
    out += text.substr(done);
    return out;
}

}  // namespace sni::exporting
