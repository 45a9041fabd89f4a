#include "lab/torture/shape_builder.h"

#include <algorithm>

namespace sni::torture {

Buffer ShapeBuilder::random(std::size_t bytes) {
    Buffer out;
    out.reserve(bytes);
    while (out.size() < bytes) {
        out.push_back(static_cast<std::byte>(random_() & 0xFF));
    }
    return out;
}

Hello ShapeBuilder::bare() {
    Hello hello;
    hello.random = random(32);
    hello.session_id = random(32);
    hello.cipher_suites.clear();
    for (const std::size_t suite : {0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030}) {
        hello.cipher_suites = hello.cipher_suites + number(suite, 2);
    }
    hello.extensions.clear();
    return hello;
}

Hello ShapeBuilder::with(Buffer extensions) {
    Hello hello = bare();
    hello.extensions = std::move(extensions);
    return hello;
}

Hello ShapeBuilder::modern(std::string_view name) {
    Buffer rest = modern_extensions(*this);
    return with(server_name(name) + rest);
}

Hello ShapeBuilder::modern_and(const Buffer& more) {
    Hello hello = modern();
    hello.extensions = hello.extensions + more;
    return hello;
}

void ShapeBuilder::add(Shape shape, std::vector<Segment> segments) {
    if (shape.then == Then::end_later) shape.after = kEndsLater;
    shape.segments = std::move(segments);
    shapes_.push_back(std::move(shape));
}

Buffer key_share(std::uint16_t group, const Buffer& key) {
    return extension(51, vec(2, number(group, 2) + vec(2, key)));
}

Buffer encrypted_hello(ShapeBuilder& shapes, std::size_t payload, std::size_t key) {
    return joined({number(0, 1), number(1, 2), number(1, 2), shapes.random(1),
                   vec(2, shapes.random(key)), vec(2, shapes.random(payload))});
}

Buffer modern_extensions(ShapeBuilder& shapes) {
    return extension(10, vec(2, number(29, 2) + number(23, 2) + number(24, 2))) +
           extension(13, vec(2, number(0x0403, 2) + number(0x0804, 2) + number(0x0401, 2))) +
           alpn({"h2", "http/1.1"}) + extension(43, vec(1, number(0x0304, 2) + number(0x0303, 2))) +
           extension(45, vec(1, number(1, 1))) + key_share(29, shapes.random(32));
}

Buffer part(const Buffer& bytes, std::size_t from, std::size_t to) {
    return {bytes.begin() + static_cast<std::ptrdiff_t>(from),
            bytes.begin() + static_cast<std::ptrdiff_t>(std::min(to, bytes.size()))};
}

std::vector<Segment> cut(const Buffer& wire, const std::vector<std::size_t>& cuts,
                         std::chrono::milliseconds pause) {
    std::vector<Segment> segments;
    std::size_t from = 0;
    for (const std::size_t to : cuts) {
        segments.push_back({part(wire, from, to), segments.empty() ? pause * 0 : pause});
        from = to;
    }
    segments.push_back({part(wire, from, wire.size()), segments.empty() ? pause * 0 : pause});
    return segments;
}

std::vector<Segment> chunks(const Buffer& wire, std::size_t size, std::chrono::milliseconds pause) {
    std::vector<std::size_t> cuts;
    for (std::size_t at = size; at < wire.size(); at += size) {
        cuts.push_back(at);
    }
    return cut(wire, cuts, pause);
}

Buffer records_cut(const Buffer& message, const std::vector<std::size_t>& cuts) {
    Buffer out;
    std::size_t from = 0;
    for (const std::size_t to : cuts) {
        out = out + record(part(message, from, to));
        from = to;
    }
    return out + record(part(message, from, message.size()));
}

}  // namespace sni::torture
