// What comes behind a hello: data at once, an end, a reset, or nothing for a long time.
#include <fmt/format.h>

#include "lab/torture/shape_builder.h"

namespace sni::torture {

namespace {

using std::chrono::milliseconds;

constexpr const char* kForwards = "RFC 8446 §9.3";

void add_data_behind(ShapeBuilder& shapes) {
    for (const std::size_t size : {1u, 5u, 100u, 1'000u, 4'096u, 16'384u, 65'536u, 200'000u}) {
        shapes.add({.name = fmt::format("then/data-{}", size),
                    .about = fmt::format("{} bytes right behind the hello", size),
                    .source = "RFC 8446 §4.2.10",
                    .then = Then::answer},
                   joined({shapes.wire(), shapes.random(size)}));
    }
    for (const std::size_t size : {100u, 16'384u}) {
        const Buffer wire = shapes.wire();
        const Buffer other = shapes.wire();  // the ends know hellos by their bytes
        shapes.add({.name = fmt::format("then/data-{}-later", size),
                    .about = fmt::format("{} bytes, 100 ms behind the hello", size),
                    .source = kForwards},
                   cut(wire + shapes.random(size), {wire.size()}, milliseconds(100)));
        shapes.add(
            {.name = fmt::format("then/data-{}-cut", size),
             .about = fmt::format("{} bytes behind the hello, the first with its last ones", size),
             .source = kForwards},
            cut(other + shapes.random(size), {other.size() - 10, other.size() + 10}));
    }
    shapes.add({.name = "then/early-data",
                .about = "a ChangeCipherSpec and records of early data right behind the hello",
                .source = "RFC 8446 §2.3, §D.4"},
               joined({shapes.wire(), record(number(1, 1), 20, 0x0303),
                       record(shapes.random(1'000), 23, 0x0303),
                       record(shapes.random(16'401), 23, 0x0303)}));
    shapes.add({.name = "then/second-hello",
                .about = "a hello for another name right behind the first: the first one counts",
                .source = kForwards},
               joined({shapes.wire(), record(shapes.modern("sni-lab-second.test").message())}));
    const Buffer wire = shapes.wire();
    shapes.add({.name = "then/idle-second",
                .about = "a second of silence, then data",
                .source = kForwards},
               cut(wire + shapes.random(50), {wire.size()}, milliseconds(1'000)));
    shapes.add({.name = "then/records-and-data",
                .about = "a hello in records of 50 bytes, data right behind",
                .source = kForwards},
               joined({records(shapes.modern().message(), 50), shapes.random(5'000)}));
}

void add_ends(ShapeBuilder& shapes) {
    const auto ended = [&](std::string name, std::string about, Then then, milliseconds after,
                           std::vector<Segment> segments) {
        const bool reset = then != Then::half_close;
        const bool whole = name != "reset-mid-hello";
        // Whoever ends at once may be gone before anybody has looked at his hello.
        const bool at_once = then != Then::reset && after.count() == 0;
        shapes.add({.name = "then/" + std::move(name),
                    .about = std::move(about),
                    .source = reset ? "RFC 9293 §3.5.3" : "RFC 9293 §3.6",
                    .rule = !whole                    ? Rule::must_refuse
                            : then == Then::reset_now ? Rule::either
                                                      : Rule::must_pass,
                    .then = then,
                    .after = after,
                    .varies = at_once},
                   std::move(segments));
    };
    constexpr milliseconds kAtOnce{0};
    const Buffer wire = shapes.wire();
    ended("half-close", "the client has finished sending right behind the hello", Then::half_close,
          kAtOnce, {Segment{shapes.wire()}});
    ended("half-close-and-data", "data, then the client has finished sending", Then::half_close,
          kEndsLater, {Segment{joined({shapes.wire(), shapes.random(5'000)})}});
    ended("half-close-and-much", "200 kB, then the client has finished sending", Then::half_close,
          kEndsLater, {Segment{joined({shapes.wire(), shapes.random(200'000)})}});
    ended("half-close-in-records", "a hello in two records, then the client has finished sending",
          Then::half_close, kEndsLater, {Segment{records(shapes.modern().message(), 100)}});
    ended("half-close-later", "data, and the end a while later", Then::half_close, kEndsLater,
          cut(wire + shapes.random(100), {wire.size(), wire.size() + 99}, milliseconds(100)));
    ended("reset", "the client breaks the connection when it has its answer", Then::reset, kAtOnce,
          {Segment{shapes.wire()}});
    ended("reset-with-data", "the same behind 5,000 bytes", Then::reset, kAtOnce,
          {Segment{joined({shapes.wire(), shapes.random(5'000)})}});
    ended("reset-at-once", "the client breaks the connection right behind the hello",
          Then::reset_now, kAtOnce, {Segment{shapes.wire()}});
    ended("reset-mid-hello", "the client breaks the connection in the middle of the hello",
          Then::reset_now, kEndsLater, {Segment{part(shapes.wire(), 0, 100)}});
}

/// A gateway has to give a client up that never finishes its hello.
void add_stalls(ShapeBuilder& shapes) {
    const auto stalled = [&](std::string name, std::string about, std::vector<Segment> segments) {
        shapes.add({.name = "then/stall-" + std::move(name),
                    .about = std::move(about),
                    .source = "RFC 4732 §3.1",
                    .rule = Rule::must_refuse,
                    .then = Then::stall},
                   std::move(segments));
    };
    stalled("first-byte", "one byte, then silence", {Segment{part(shapes.wire(), 0, 1)}});
    stalled("record-header", "a record's header, then silence",
            {Segment{part(shapes.wire(), 0, 5)}});
    stalled("half", "half a hello, then silence", {Segment{part(shapes.wire(), 0, 100)}});
    const Buffer wire = shapes.wire();
    stalled("last-byte", "all but the last byte, then silence",
            {Segment{part(wire, 0, wire.size() - 1)}});
    stalled("second-record", "the first of two records, then silence",
            {Segment{record(part(shapes.modern().message(), 0, 100))}});
    stalled("drip", "a byte every 100 ms for three seconds, then silence",
            chunks(part(shapes.wire(), 0, 30), 1, milliseconds(100)));
}

}  // namespace

void add_endings(ShapeBuilder& shapes) {
    add_data_behind(shapes);
    add_ends(shapes);
    add_stalls(shapes);
}

}  // namespace sni::torture
