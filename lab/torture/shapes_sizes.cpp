// Hellos from the smallest to the largest that the format has room for.
#include <fmt/format.h>

#include "lab/torture/shape_builder.h"

namespace sni::torture {

namespace {

/// No receiver has to hold more than a record's worth (RFC 8446 §5.1): beyond it many stop.
constexpr std::size_t kOneRecord = 16'384;

/// Fillers of private types that take `bytes` together, their headers included.
Buffer filler(std::size_t bytes) {
    Buffer out;
    for (std::size_t type = 0xff00; bytes > 0; ++type) {
        const std::size_t next = bytes > 60'004 ? 60'000 : bytes;
        out = out + extension(static_cast<std::uint16_t>(type), Buffer(next - 4));
        bytes -= next;
    }
    return out;
}

/// A message of exactly `size` bytes, by extensions in front of the name or behind it.
Buffer message_of(ShapeBuilder& shapes, std::size_t size, bool name_last) {
    const Buffer rest = modern_extensions(shapes);
    Hello hello = shapes.with(server_name(shapes.sni()) + rest);
    const Buffer more = filler(size - hello.message().size());
    hello.extensions = name_last ? rest + more + server_name(shapes.sni())
                                 : server_name(shapes.sni()) + rest + more;
    return hello.message();
}

void add_size(ShapeBuilder& shapes, std::size_t size, std::size_t record_bytes) {
    const std::string cut =
        record_bytes == kOneRecord ? "" : fmt::format("-in-records-of-{}", record_bytes);
    for (const bool last : {false, true}) {
        shapes.add({.name = fmt::format("size/{}{}{}", size, cut, last ? "-name-last" : ""),
                    .about = fmt::format("a hello of {} bytes, its name {}, in records of {}", size,
                                         last ? "last" : "first", record_bytes),
                    .source = "RFC 8446 §4, §5.1",
                    .rule = size > kOneRecord ? Rule::either : Rule::must_pass},
                   records(message_of(shapes, size, last), record_bytes));
    }
}

}  // namespace

void add_sizes(ShapeBuilder& shapes) {
    for (const std::size_t size :
         {600,    1'024,  1'460,  1'500,  2'048,  2'920,  4'000,  4'095,
          4'096,  4'097,  5'476,  8'192,  9'000,  12'000, 15'000, 16'000,
          16'380, 16'384, 16'385, 20'000, 32'768, 50'000, 60'000, 65'000}) {
        add_size(shapes, size, kOneRecord);
    }
    for (const std::size_t size : {4'000, 9'000, 16'000, 40'000}) {
        add_size(shapes, size, 1'000);
    }
    shapes.add({.name = "size/smallest",
                .about = "nothing but one cipher suite and the name",
                .source = "RFC 8446 §4.1.2"},
               [&] {
                   Hello hello = shapes.with(server_name(shapes.sni()));
                   hello.session_id.clear();
                   hello.cipher_suites = number(0xc02f, 2);
                   return record(hello.message());
               }());
    Hello widest = shapes.modern();
    for (std::size_t suite = 0; suite < 32'000; ++suite) {
        const Buffer next = number(0x2000 + suite % 0x8000, 2);
        widest.cipher_suites.insert(widest.cipher_suites.end(), next.begin(), next.end());
    }
    shapes.add({.name = "size/32000-cipher-suites",
                .about = "as many cipher suites as nobody has, 64 kB of them",
                .source = "RFC 8446 §4.1.2",
                .rule = Rule::either},
               records(widest.message(), kOneRecord));
    const std::size_t used = widest.extensions.size();
    widest.extensions = widest.extensions + filler(65'535 - used);
    shapes.add({.name = "size/largest",
                .about = "64 kB of cipher suites and 64 kB of extensions",
                .source = "RFC 8446 §4.1.2",
                .rule = Rule::either},
               records(widest.message(), kOneRecord));
    shapes.add({.name = "size/claims-16-mb",
                .about = "a message that says to hold 16 MB",
                .source = "RFC 8446 §4",
                .rule = Rule::must_refuse,
                .alert_owed = true,
                .then = Then::end_later},
               [&] {
                   Buffer message = shapes.modern().message();
                   message[1] = message[2] = message[3] = std::byte{0xff};
                   return record(message);
               }());
}

}  // namespace sni::torture
