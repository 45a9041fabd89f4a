// Names: which are the target's, which are somebody else's, and which are none at all.
#include <algorithm>

#include <fmt/format.h>

#include "lab/torture/shape_builder.h"

namespace sni::torture {

namespace {

constexpr const char* kServerNames = "RFC 6066 §3";

std::string upper(std::string text) {
    std::ranges::transform(text, text.begin(), [](char c) {
        return c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c;
    });
    return text;
}

void add_cases(ShapeBuilder& shapes) {
    const std::string all = upper(shapes.sni());
    std::string first = shapes.sni();
    first[0] = all[0];
    std::string last = shapes.sni();
    last.back() = all.back();
    std::string mixed = shapes.sni();
    for (std::size_t i = 0; i < mixed.size(); i += 2) {
        mixed[i] = all[i];
    }
    for (const auto& [name, text] : {std::pair{"upper", all},
                                     {"first-letter", first},
                                     {"last-letter", last},
                                     {"mixed", mixed}}) {
        shapes.add({.name = fmt::format("name/case-{}", name),
                    .about = fmt::format("the name as \"{}\": case does not count", text),
                    .source = "RFC 6066 §3; RFC 4343 §3"},
                   record(shapes.modern(text).message()));
    }
}

/// Names that look like the target's, and are not.
void add_neighbours(ShapeBuilder& shapes) {
    const std::string& sni = shapes.sni();
    const std::size_t dot = sni.find('.');
    const auto other = [&](std::string name, const std::string& text, std::string about) {
        if (text == sni) return;  // it is the target's own
        shapes.add({.name = "name/" + std::move(name),
                    .about = std::move(about),
                    .source = kServerNames,
                    .rule = Rule::either,
                    .names = Names::other},
                   record(shapes.modern(text).message()));
    };
    other("unknown", "nobody-has-this-name.test", "a name that nobody has");
    other("with-prefix", "evil" + sni, "the target's name with letters in front");
    other("below", "sni-lab-below." + sni, "a name below the target's");
    other("with-suffix", sni + ".test", "the target's name with a label behind");
    other("with-letter-behind", sni + "x", "the target's name with a letter behind");
    other(
        "hyphen-for-dot",
        [&] {
            std::string text = sni;
            std::ranges::replace(text, '.', '-');
            return text + ".test";
        }(),
        "the target's name with hyphens for dots");
    other("without-first-letter", sni.size() > 1 && sni[1] != '.' ? sni.substr(1) : "x" + sni,
          "the target's name without its first letter");
    other("without-last-letter", sni.size() > 1 ? sni.substr(0, sni.size() - 1) + "q9" : "q9",
          "the target's name with another end");
    if (dot != std::string::npos) {
        other("sibling", "sni-lab-sibling" + sni.substr(dot), "another name of the same domain");
        other("letter-for-dot", sni.substr(0, dot) + "x" + sni.substr(dot + 1),
              "a letter where the target's name has a dot");
    }
    other("twice", sni + "." + sni, "the target's name twice, with a dot between");
    other("localhost", "localhost", "a name that this machine would know");
    other("underscore", "under_score." + sni, "an underscore, which real clients send");
    other("hyphens", "a--b." + sni, "two hyphens in a row");
    other("punycode", "xn--bcher-kva." + sni, "an internationalized name as A-labels");
    other("digits", "0123456789." + sni, "a label of digits");
    other("label-of-63", std::string(63, 'a') + "." + "test", "a label of 63 letters");
    std::string longest;
    while (longest.size() < 253) {
        longest += std::string(std::min<std::size_t>(49, 253 - longest.size()), 'b') + ".";
    }
    longest.resize(253);
    other("of-253", longest, "a name of 253 characters, the longest that there are");
}

/// Bytes that no DNS name has: never the target, whatever reads them.
void add_none(ShapeBuilder& shapes) {
    using namespace std::string_literals;
    const std::string& sni = shapes.sni();
    const auto nobody = [&](std::string name, const std::string& text, std::string about) {
        shapes.add({.name = "name/" + std::move(name),
                    .about = std::move(about),
                    .source = kServerNames,
                    .rule = Rule::either,
                    .names = Names::nobody},
                   record(shapes.modern(text).message()));
    };
    nobody("nul-behind", sni + "\0"s, "a NUL behind the target's name");
    nobody("nul-and-more", sni + "\0.evil.test"s, "the target's name, a NUL, and more");
    nobody("nul-first", "\0"s + sni, "a NUL in front of the target's name");
    nobody("nul-between", "evil.test\0"s + sni, "another name, a NUL, the target's name");
    nobody("newline", sni + "\r\nX-Injected: 1", "a line break, as to forge a log line");
    nobody("newline-between", "evil.test\n" + sni, "another name and the target's in two lines");
    nobody("escape", "\x1b[2J" + sni, "an escape sequence for terminals");
    nobody("tab", sni + "\t", "a tab behind the target's name");
    nobody("space-behind", sni + " ", "a space behind the target's name");
    nobody("space-before", " " + sni, "a space in front of the target's name");
    nobody("comma", "evil.test," + sni, "two names with a comma");
    nobody("quote", sni + "\",\"level\":\"info", "quotes, as to forge a JSON log");
    nobody("slash", "../" + sni, "slashes, as of a path");
    nobody("percent", "%2e%2e." + sni, "percent signs, as of a URL");
    nobody("format", "%s%n." + sni, "what printf would take");
    nobody("shell", "$(id)." + sni, "what a shell would take");
    nobody("port", sni + ":443", "a port behind the name");
    nobody("url", "https://" + sni + "/", "a URL");
    nobody("user", "user@" + sni, "a user in front of the name");
    nobody("wildcard", "*." + sni, "an asterisk as a label");
    nobody("asterisk", "*", "an asterisk alone");
    nobody("utf-8",
           "b\xc3\xbc"
           "cher." +
               sni,
           "UTF-8, not A-labels");
    nobody("not-utf-8", "\xff\xfe." + sni, "bytes that are no text");
    nobody("fullwidth-dot", "evil\xef\xbc\x8e" + sni, "a dot of another script");
    nobody("leading-dot", "." + sni, "a dot in front");
    nobody("two-dots", "a.." + sni, "an empty label");
    nobody("dot-alone", ".", "a dot alone");
    nobody("leading-hyphen", "-a." + sni, "a label that begins with a hyphen");
    nobody("label-of-64", std::string(64, 'a') + "." + sni, "a label of 64 letters");
    std::string labels;
    while (labels.size() + sni.size() < 254) {
        labels += "a.";
    }
    nobody("of-254", labels + sni, "more characters than a name has");
    for (const std::size_t size : {256u, 1'000u, 10'000u}) {
        nobody(fmt::format("of-{}", size), std::string(size - sni.size() - 1, 'a') + "." + sni,
               fmt::format("{} characters that end in the target's name", size));
    }
    for (const char* address :
         {"127.0.0.1", "192.0.2.1", "0.0.0.0", "::1", "[::1]", "::ffff:127.0.0.1", "2001:db8::1"}) {
        nobody(fmt::format("ip-{}", address), address, "an IP literal, which must not stand there");
    }
}

constexpr const char* kSecond = "sni-lab-second.test";

/// A hello with these in the place of its server_name.
Buffer hello_with_names(ShapeBuilder& shapes, const Buffer& names) {
    const Buffer rest = modern_extensions(shapes);
    return record(shapes.with(names + rest).message());
}

/// Two names, or a list that is none (RFC 6066 §3).
void add_refused_lists(ShapeBuilder& shapes) {
    const auto refused = [&](std::string name, std::string about, Names names, Buffer wire,
                             const char* source = kServerNames) {
        shapes.add({.name = "names/" + std::move(name),
                    .about = std::move(about),
                    .source = source,
                    .rule = Rule::must_refuse,
                    .names = names,
                    .alert_owed = true},
                   std::move(wire));
    };
    const Buffer mine = host_entry(shapes.sni());
    const Buffer theirs = host_entry(kSecond);
    refused("two-target-first", "two names in one list, the target's first", Names::target,
            hello_with_names(shapes, extension(0, vec(2, mine + theirs))));
    refused("two-target-second", "two names in one list, the target's second", Names::other,
            hello_with_names(shapes, extension(0, vec(2, theirs + mine))));
    refused("two-equal", "the target's name twice in one list", Names::target,
            hello_with_names(shapes, extension(0, vec(2, mine + mine))));
    refused("three", "three names in one list, the target's in the middle", Names::other,
            hello_with_names(shapes, extension(0, vec(2, theirs + mine + theirs))));
    refused("extension-twice-target-first", "two server_name extensions, the target's first",
            Names::target,
            hello_with_names(shapes, server_name(shapes.sni()) + server_name(kSecond)),
            "RFC 8446 §4.2");
    refused("extension-twice-target-second", "two server_name extensions, the target's second",
            Names::other,
            hello_with_names(shapes, server_name(kSecond) + server_name(shapes.sni())),
            "RFC 8446 §4.2");
    refused("extension-twice-equal", "the same server_name extension twice", Names::target,
            hello_with_names(shapes, server_name(shapes.sni()) + server_name(shapes.sni())),
            "RFC 8446 §4.2");
    refused("extension-twice-apart", "a second server_name extension behind all others",
            Names::target, record(shapes.modern_and(server_name(kSecond)).message()),
            "RFC 8446 §4.2");
    refused("empty-name", "a name of no bytes", Names::nobody,
            hello_with_names(shapes, server_name("")));
    refused("empty-list", "a list without a name", Names::nobody,
            hello_with_names(shapes, extension(0, vec(2, {}))));
    refused("no-list", "a server_name extension without data, as a server sends it", Names::nobody,
            hello_with_names(shapes, extension(0, {})));
    refused("half-a-list", "a list that is one byte long", Names::nobody,
            hello_with_names(shapes, extension(0, vec(2, Buffer(1)))));
    refused("bytes-behind-list", "bytes behind the list of names", Names::target,
            hello_with_names(shapes, extension(0, vec(2, mine) + Buffer(3))));
    refused("bytes-behind-name", "bytes behind the name in its list", Names::target,
            hello_with_names(shapes, extension(0, vec(2, mine + Buffer(2)))));
}

}  // namespace

void add_names(ShapeBuilder& shapes) {
    add_cases(shapes);
    add_neighbours(shapes);
    add_none(shapes);
    shapes.add({.name = "name/trailing-dot",
                .about = "the target's name with a dot behind: refused or taken without it",
                .source = kServerNames,
                .rule = Rule::either},
               record(shapes.modern(shapes.sni() + ".").message()));
    shapes.add({.name = "name/two-trailing-dots",
                .about = "the target's name with two dots behind",
                .source = kServerNames,
                .rule = Rule::either,
                .names = Names::nobody},
               record(shapes.modern(shapes.sni() + "..").message()));
}

void add_name_lists(ShapeBuilder& shapes) {
    add_refused_lists(shapes);
    const Buffer mine = host_entry(shapes.sni());
    constexpr std::uint8_t kTypes[] = {1, 2, 255};
    for (const std::uint8_t type : kTypes) {
        shapes.add({.name = fmt::format("names/type-{}", type),
                    .about = fmt::format("a name of type {}, which nobody assigned", type),
                    .source = kServerNames,
                    .rule = Rule::either,
                    .names = Names::nobody},
                   hello_with_names(shapes, extension(0, vec(2, host_entry(shapes.sni(), type)))));
    }
    shapes.add({.name = "names/none",
                .about = "no server_name extension",
                .source = "RFC 8446 §9.2",
                .rule = Rule::either,
                .names = Names::nobody},
               hello_with_names(shapes, {}));
    shapes.add({.name = "names/name-in-other-extension",
                .about = "the target's name in an extension of another type alone",
                .source = kServerNames,
                .rule = Rule::either,
                .names = Names::nobody},
               hello_with_names(shapes, extension(0xff01, {}) + extension(0xffa0, vec(2, mine))));
    shapes.add(
        {.name = "names/name-in-ticket",
         .about = "a server_name of the target inside a session ticket, another outside",
         .source = kServerNames,
         .rule = Rule::either,
         .names = Names::other},
        hello_with_names(shapes, extension(35, server_name(shapes.sni())) + server_name(kSecond)));
    shapes.add({.name = "names/name-in-session-id",
                .about = "bytes like a server_name of another host in the session id",
                .source = kServerNames},
               [&] {
                   Hello hello_bytes = shapes.modern();
                   Buffer decoy = server_name("other.test");
                   decoy.resize(32);
                   hello_bytes.session_id = decoy;
                   return record(hello_bytes.message());
               }());
}

}  // namespace sni::torture
