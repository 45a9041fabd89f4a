// A handshake message may be cut over records anywhere (RFC 8446 §5.1), and a record says what is
// in it.
#include <fmt/format.h>

#include "lab/torture/layout.h"
#include "lab/torture/shape_builder.h"

namespace sni::torture {

namespace {

using std::chrono::milliseconds;

constexpr const char* kRecords = "RFC 8446 §5.1";

void add_two_records(ShapeBuilder& shapes) {
    const std::size_t header = 5;
    for (const Border& border : layout_of(shapes.wire()).borders) {
        if (border.at <= header) continue;
        const Buffer message = shapes.modern().message();
        shapes.add(
            {.name = "rec/2-records-" +
                     (border.name.starts_with("mid-") ? border.name : "behind-" + border.name),
             .about = fmt::format("two records, cut at {}", border.name),
             .source = kRecords},
            records_cut(message, {border.at - header}));
    }
    for (const char* where : {"mid-sni", "message-header", "random", "extensions-length"}) {
        for (const Border& border : layout_of(shapes.wire()).borders) {
            if (border.name != where) continue;
            const auto wire = [&] {
                return records_cut(shapes.modern().message(), {border.at - header});
            };
            shapes.add({.name = fmt::format("rec/2-records-{}-apart", where),
                        .about = fmt::format("two records, cut at {}, each in a segment", where),
                        .source = kRecords},
                       cut(wire(), {border.at}));
            shapes.add({.name = fmt::format("rec/2-records-{}-header-cut", where),
                        .about = fmt::format("two records, cut at {}, the second one's header in "
                                             "two segments",
                                             where),
                        .source = kRecords},
                       cut(wire(), {border.at + 3}));
        }
    }
}

void add_many_records(ShapeBuilder& shapes) {
    for (const std::size_t size : {1, 2, 3, 4, 5, 7, 16, 32, 64, 100, 128, 200}) {
        shapes.add({.name = fmt::format("rec/records-of-{}", size),
                    .about = fmt::format("records of {} bytes", size),
                    .source = kRecords},
                   records(shapes.modern().message(), size));
    }
    for (const std::size_t size : {1, 16, 100}) {
        const Buffer wire = records(shapes.modern().message(), size);
        shapes.add({.name = fmt::format("rec/records-of-{}-apart", size),
                    .about = fmt::format("records of {} bytes, each in a segment", size),
                    .source = kRecords},
                   chunks(wire, size + 5, milliseconds(size == 1 ? 2 : 10)));
    }
    const Buffer message = shapes.modern().message();
    shapes.add({.name = "rec/first-byte-alone",
                .about = "the first record holds the message's type alone",
                .source = kRecords},
               records_cut(message, {1}));
    shapes.add({.name = "rec/last-byte-alone",
                .about = "the last record holds one byte",
                .source = kRecords},
               records_cut(message, {message.size() - 1}));
    shapes.add({.name = "rec/3-records-around-the-name",
                .about = "three records, the middle one holds the name",
                .source = kRecords},
               records_cut(message, {100, 120}));
}

void add_versions(ShapeBuilder& shapes) {
    for (const unsigned version : {0x0300, 0x0301, 0x0302, 0x0303, 0x0304, 0x03ff}) {
        shapes.add({.name = fmt::format("rec/version-{:04x}", version),
                    .about = "legacy_record_version must be ignored",
                    .source = kRecords},
                   record(shapes.modern().message(), 22, static_cast<std::uint16_t>(version)));
    }
    for (const unsigned version : {0x0000, 0x0200, 0x0002, 0x0401, 0x7f03, 0xffff}) {
        shapes.add({.name = fmt::format("rec/version-{:04x}", version),
                    .about = "the record's version is none of SSL 3.0 or TLS",
                    .source = "RFC 5246 §E.1",
                    .rule = Rule::either,
                    .names = Names::anybody},
                   record(shapes.modern().message(), 22, static_cast<std::uint16_t>(version)));
    }
    const Buffer message = shapes.modern().message();
    shapes.add(
        {.name = "rec/two-versions",
         .about = "two records whose versions differ",
         .source = kRecords},
        record(part(message, 0, 50)) + record(part(message, 50, message.size()), 22, 0x0303));
}

/// Nothing but the rest of the message may stand between two of its records, and no empty record.
void add_between(ShapeBuilder& shapes) {
    // What begins with another type may be no TLS at all, so that nobody owes it an alert.
    const auto refused = [&](std::string name, std::string about, Buffer wire,
                             const char* source = kRecords) {
        const bool handshake = wire.front() == std::byte{22};
        shapes.add({.name = std::move(name),
                    .about = std::move(about),
                    .source = source,
                    .rule = Rule::must_refuse,
                    .alert_owed = handshake,
                    .then = Then::end_later},
                   std::move(wire));
    };
    const auto halves = [&](const Buffer& between) {
        const Buffer message = shapes.modern().message();
        return record(part(message, 0, 60)) + between + record(part(message, 60, message.size()));
    };
    const Buffer empty = record({});
    refused("rec/empty-first", "an empty handshake record comes first", empty + shapes.wire());
    refused("rec/empty-between", "an empty handshake record in the middle", halves(empty));
    refused("rec/empty-alone", "an empty handshake record and nothing else", empty);
    Buffer many;
    for (int i = 0; i < 1'000; ++i) {
        many = many + empty;
    }
    refused("rec/1000-empty-first", "a thousand empty records come first", many + shapes.wire());
    refused("rec/alert-between", "an alert between two records of the hello",
            halves(record(number(0x0100, 2), 21)));
    refused("rec/ccs-between", "a ChangeCipherSpec between two records of the hello",
            halves(record(number(1, 1), 20)));
    refused("rec/data-between", "application data between two records of the hello",
            halves(record(shapes.random(20), 23)));
    refused("rec/heartbeat-between", "a heartbeat between two records of the hello",
            halves(record(shapes.random(20), 24)));
    refused("rec/unknown-between", "a record of an unassigned type between two of the hello",
            halves(record(shapes.random(20), 99)));
    refused("rec/ccs-first", "a ChangeCipherSpec before the hello",
            record(number(1, 1), 20) + shapes.wire(), "RFC 8446 §5");
    refused("rec/alert-first", "an alert before the hello",
            record(number(0x0100, 2), 21) + shapes.wire(), "RFC 8446 §6");
    refused("rec/data-first", "application data before the hello",
            joined({record(shapes.random(40), 23), shapes.wire()}), "RFC 8446 §5.2");
    for (const std::size_t length : {16'385u, 18'432u, 65'535u}) {
        refused(fmt::format("rec/claims-{}", length),
                fmt::format("a record that says to hold {} bytes, more than 2^14", length),
                number(22, 1) + number(0x0301, 2) + number(length, 2) + shapes.modern().message());
    }
}

}  // namespace

void add_records(ShapeBuilder& shapes) {
    add_two_records(shapes);
    add_many_records(shapes);
    add_versions(shapes);
    add_between(shapes);
}

}  // namespace sni::torture
