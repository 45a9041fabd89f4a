#include "lab/yaml/yaml_errors.h"

#include <algorithm>
#include <array>
#include <optional>

#include <fmt/format.h>

#include "lab/yaml/codes.h"

namespace sni::yaml {

namespace {

/// Says in a sentence what yaml-cpp's few words mean for whoever wrote the file.
struct Wording {
    std::string_view theirs;
    std::string_view message;
    std::string_view hint;
};

constexpr std::array kWordings = {
    Wording{"illegal map value", "a second \": \" in a value, or a wrong indentation",
            "put the value in quotes, or line the key up with its neighbours"},
    Wording{"end of map not found", "this line does not line up with any line above it",
            "give it exactly the indentation of its neighbours"},
    Wording{"end of sequence not found", "this line does not line up with any line above it",
            "start it with \"- \" like its neighbours, or give it their indentation"},
    Wording{"illegal map key", "a key cannot start here", "look at the end of the line above"},
    Wording{"illegal block entry", "a list entry (\"- \") cannot start here",
            "put it on a line of its own, below its key"},
    Wording{"illegal flow end", "this bracket closes nothing", "remove it, or open it before"},
    Wording{"the referenced anchor is not defined", "no anchor has the name of this alias",
            "a text that starts with * belongs in quotes, such as \"*.example.com\""},
    Wording{"unknown token", "no value can start with this character",
            "put the value in quotes; YAML is never indented with tabs"},
    Wording{"illegal tab when looking for indentation", "YAML is never indented with tabs",
            "use spaces"},
    Wording{"illegal document indicator in scalar", "the document ends inside a quoted text",
            "close the quote"},
    Wording{"alias not found after *", "a name must follow the *",
            "a text that starts with * belongs in quotes, such as \"*.example.com\""},
    Wording{"illegal character found while scanning alias", "no alias can have this name",
            "a text that starts with * belongs in quotes, such as \"*.example.com\""},
};

/// The quote that is never closed, looked for from `from` on; nothing when every quote is closed.
std::optional<std::size_t> open_quote(std::string_view text, std::size_t from) {
    char before = ' ';
    for (std::size_t i = from; i < text.size(); ++i) {
        const char c = text[i];
        const bool starts = before == ' ' || before == '[' || before == '{' || before == ',';
        if (c == '#' && starts) {
            i = std::min(text.find('\n', i), text.size());
        } else if ((c == '"' || c == '\'') && starts) {
            const std::size_t opened = i;
            i = closing_quote(text, opened);
            if (i >= text.size()) return opened;
        }
        before = i >= text.size() || text[i] == '\n' ? ' ' : text[i];
    }
    return std::nullopt;
}

/// The first line up to `last` that is indented with a tab: yaml-cpp often complains elsewhere.
std::optional<int> tab_indented_line(std::string_view text, int last) {
    int line = 0;
    for (std::size_t at = 0; at < text.size() && line <= last; ++line) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        const std::string_view indent =
            text.substr(at, std::min(text.find_first_not_of(" \t", at), end) - at);
        const bool blank = at + indent.size() >= end;
        if (!blank && indent.contains('\t')) return line;
        at = end + 1;
    }
    return std::nullopt;
}

}  // namespace

void report(const YAML::Exception& error, int file, Chunk chunk, Builder& builder,
            Findings& findings) {
    const bool placed = !error.mark.is_null();
    const Spot here = placed ? builder.spot(error.mark)
                             : Spot{.file = file, .line = chunk.lines_before + 1, .column = 1};
    const auto complain = [&](Spot at, std::string_view message, std::string_view hint) {
        findings.error(code::kYamlSyntax, at, std::string(message), {}, std::string(hint));
    };
    if (error.msg.ends_with("flow not found")) {
        if (const auto bracket = builder.open_bracket()) {
            return complain(bracket->second,
                            fmt::format("the bracket {} is never closed", bracket->first),
                            bracket->first == '[' ? "add the missing ]" : "add the missing }");
        }
    }
    if (error.msg == "illegal EOF in scalar" ||
        error.msg == "illegal document indicator in scalar") {
        auto quote_at = open_quote(chunk.text, builder.seen_until());
        if (!quote_at) quote_at = open_quote(chunk.text, 0);
        const Spot at = quote_at ? spot_of_offset(file, chunk, *quote_at) : here;
        return complain(at, kOpenQuote, "close it");
    }
    if (const auto line = tab_indented_line(chunk.text, placed ? error.mark.line : -1)) {
        return complain({.file = file, .line = chunk.lines_before + *line + 1, .column = 1},
                        "this line is indented with a tab, which YAML does not allow",
                        "use spaces");
    }
    if (error.msg.starts_with("unknown escape character")) {
        Spot at = here;
        at.column = std::max(1, at.column - 2);  // the mark is behind the escape
        return complain(at, "there is no such \\ escape in a double-quoted text",
                        "write \\\\ for a backslash, or use single quotes");
    }
    // Newer releases put the offending text behind some of their words.
    const auto wording = std::ranges::find_if(
        kWordings, [&](const Wording& known) { return error.msg.starts_with(known.theirs); });
    if (wording != kWordings.end()) return complain(here, wording->message, wording->hint);
    complain(here, fmt::format("this is not YAML: {}", error.msg),
             "compare the line with its neighbours");
}

}  // namespace sni::yaml
