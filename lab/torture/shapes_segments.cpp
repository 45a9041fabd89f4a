// TCP gives a stream: where it is cut means nothing (RFC 9293 §3.8).
#include <fmt/format.h>

#include "lab/torture/layout.h"
#include "lab/torture/shape_builder.h"

namespace sni::torture {

namespace {

using std::chrono::milliseconds;

constexpr const char* kStream = "RFC 9293 §3.8";

void add_cuts(ShapeBuilder& shapes) {
    for (std::size_t first = 1; first <= 12; ++first) {
        shapes.add({.name = fmt::format("seg/first-{}", first),
                    .about = fmt::format("the first segment has {} bytes", first),
                    .source = kStream},
                   cut(shapes.wire(), {first}));
    }
    for (const Border& border : layout_of(shapes.wire()).borders) {
        if (border.at <= 12) continue;
        shapes.add({.name = "seg/cut-at-" + border.name,
                    .about = fmt::format("two segments, cut behind {}", border.name),
                    .source = kStream},
                   cut(shapes.wire(), {border.at}));
    }
    const Buffer wire = shapes.wire();
    shapes.add({.name = "seg/last-byte-alone",
                .about = "the hello's last byte comes in a segment of its own",
                .source = kStream},
               cut(wire, {wire.size() - 1}));
}

void add_chunks(ShapeBuilder& shapes) {
    shapes.add({.name = "seg/one-byte-at-a-time",
                .about = "every byte comes in a segment of its own",
                .source = kStream},
               chunks(shapes.wire(), 1, milliseconds(2)));
    for (const std::size_t size : {2, 3, 5, 7, 16, 50, 100, 200}) {
        shapes.add({.name = fmt::format("seg/{}-bytes-at-a-time", size),
                    .about = fmt::format("segments of {} bytes", size),
                    .source = kStream},
                   chunks(shapes.wire(), size, milliseconds(size < 16 ? 3 : 10)));
    }
    for (const int pause : {100, 300, 1'000}) {
        const Buffer wire = shapes.wire();
        shapes.add({.name = fmt::format("seg/halves-{}-ms-apart", pause),
                    .about = fmt::format("the second half comes {} ms later", pause),
                    .source = kStream},
                   cut(wire, {wire.size() / 2}, milliseconds(pause)));
    }
}

/// A hello with a post-quantum key share is larger than what a packet takes.
void add_packets(ShapeBuilder& shapes) {
    for (const std::size_t packet : {536, 1'220, 1'400, 1'440, 1'448, 1'460}) {
        for (const int pause : {0, 50}) {
            const Buffer key = key_share(kPostQuantumGroup, shapes.random(kPostQuantumKey));
            const Buffer wire = record(shapes.with(key + server_name(shapes.sni())).message());
            shapes.add(
                {.name = fmt::format("seg/packets-of-{}{}", packet, pause == 0 ? "" : "-and-delay"),
                 .about = fmt::format("a post-quantum hello in packets of {} bytes, {} ms "
                                      "apart, the name in the last one",
                                      packet, pause),
                 .source = "draft-ietf-tls-ecdhe-mlkem §4; RFC 9293 §3.8"},
                chunks(wire, packet, milliseconds(pause)));
        }
    }
}

}  // namespace

void add_segments(ShapeBuilder& shapes) {
    add_cuts(shapes);
    add_chunks(shapes);
    add_packets(shapes);
}

}  // namespace sni::torture
