// Lengths that lie, and hellos that end too early. Every vector has to end where its parent says
// (RFC 8446 §3.4); whoever guesses may read another name than the server will.
#include <fmt/format.h>

#include "lab/torture/layout.h"
#include "lab/torture/shape_builder.h"

namespace sni::torture {

namespace {

constexpr const char* kVectors = "RFC 8446 §3.4, §6.2";

void put(Buffer& wire, const LengthField& field, std::size_t value) {
    const Buffer bytes = number(value, field.width);
    std::copy(bytes.begin(), bytes.end(), wire.begin() + static_cast<std::ptrdiff_t>(field.at));
}

void add_lie(ShapeBuilder& shapes, const LengthField& field, const std::string& how,
             std::size_t value) {
    Buffer wire = shapes.wire();
    put(wire, field, value);
    const std::string name = fmt::format("{}-{}", field.name, how);
    // The hello is whole when its record is not yet.
    const bool refused = field.framing && name != "record-one-more";
    const bool waits = field.name == "record" || name == "message-one-more";
    shapes.add(
        {.name = "len/" + name,
         .about = fmt::format("the length of {} is {}, its end is elsewhere", field.name, value),
         .source = kVectors,
         .rule = refused ? Rule::must_refuse : Rule::either,
         .alert_owed = refused && !waits,
         .then = Then::end_later},
        std::move(wire));
}

void add_trailing(ShapeBuilder& shapes) {
    for (const std::size_t bytes : {1u, 4u, 100u}) {
        Hello hello = shapes.modern();
        hello.behind = Buffer(bytes);
        shapes.add({.name = fmt::format("len/behind-extensions-{}", bytes),
                    .about = fmt::format("{} bytes behind the extensions", bytes),
                    .source = kVectors,
                    .rule = Rule::must_refuse,
                    .alert_owed = true},
                   record(hello.message()));
    }
    for (const std::size_t bytes : {1u, 3u}) {
        shapes.add({.name = fmt::format("len/half-an-extension-{}", bytes),
                    .about = "the list of extensions ends in the middle of one's header",
                    .source = kVectors,
                    .rule = Rule::must_refuse,
                    .alert_owed = true},
                   record(shapes.modern_and(Buffer(bytes)).message()));
    }
    const Buffer key_exchange = number(16, 1) + vec(3, shapes.random(40));
    shapes.add({.name = "len/second-message",
                .about = "another handshake message behind the hello, in its record",
                .source = "RFC 8446 §5.1",
                .rule = Rule::either},
               record(shapes.modern().message() + key_exchange));
    shapes.add({.name = "len/bytes-behind-message",
                .about = "bytes that are no message behind the hello, in its record",
                .source = "RFC 8446 §5.1",
                .rule = Rule::either},
               record(shapes.modern().message() + Buffer(7)));
}

}  // namespace

void add_lengths(ShapeBuilder& shapes) {
    const Buffer right = shapes.wire();
    for (const LengthField& field : layout_of(right).lengths) {
        const std::size_t value = field.value(right);
        const std::size_t most = (std::size_t{1} << (8 * field.width)) - 1;
        if (value > 1) add_lie(shapes, field, "one-less", value - 1);
        add_lie(shapes, field, "one-more", value + 1);
        add_lie(shapes, field, "none", 0);
        add_lie(shapes, field, "most", most);
    }
    add_trailing(shapes);
}

void add_truncations(ShapeBuilder& shapes) {
    const auto ended = [&](std::string name, std::string about, Buffer wire) {
        shapes.add({.name = "cut/" + std::move(name),
                    .about = std::move(about),
                    .source = "RFC 8446 §6.1",
                    .rule = Rule::must_refuse,
                    .then = Then::end_later},
                   std::move(wire));
    };
    const Buffer right = shapes.wire();
    for (const Border& border : layout_of(right).borders) {
        ended("ends-at-" + border.name,
              fmt::format("the client sends no more behind {}", border.name),
              part(shapes.wire(), 0, border.at));
    }
    ended("one-byte-missing", "the client sends all but the last byte",
          part(shapes.wire(), 0, right.size() - 1));
    const Buffer message = shapes.modern().message();
    ended("second-record-missing", "one of two records, and no more",
          record(part(message, 0, message.size() / 2)));
}

}  // namespace sni::torture
