// Ordinary hellos while something is the matter around them: with the target, or with other
// clients.
#include "lab/torture/shape_builder.h"

namespace sni::torture {

namespace {

/// Longer than whoever cannot wait waits, and shorter than anybody's patience.
constexpr std::chrono::milliseconds kLate{1'000};
/// More than a gateway has that counts them in hundreds, or by select(2).
constexpr unsigned kStalled = 1'000;

void add_late(ShapeBuilder& shapes) {
    const Meanwhile late{.target_late = kLate, .stalled_with = {}};
    shapes.add({.name = "around/target-late",
                .about = "the target answers a second late",
                .source = "RFC 9293 §3.8.3",
                .meanwhile = late},
               shapes.wire());
    shapes.add({.name = "around/target-late-and-much",
                .about = "200 kB right behind the hello, and the target reads nothing for a second",
                .source = "RFC 9293 §3.8.6",
                .meanwhile = late},
               joined({shapes.wire(), shapes.random(200'000)}));
    shapes.add({.name = "around/target-late-half-close",
                .about = "the client has finished sending when the target answers a second later",
                .source = "RFC 9293 §3.6",
                .then = Then::half_close,
                .after = kEndsLater,  // by then the gateway has made up its mind
                .meanwhile = late},
               shapes.wire());
}

}  // namespace

void add_around(ShapeBuilder& shapes) {
    add_late(shapes);
    shapes.add({.name = "around/1000-stalled",
                .about = "1,000 other clients have sent half a hello and say nothing more",
                .source = "RFC 4732 §3.1",
                .meanwhile = {.stalled = kStalled, .stalled_with = part(shapes.wire(), 0, 100)}},
               shapes.wire());
    // Last: some gateways avoid for a while whoever took no connection.
    shapes.add({.name = "around/target-down",
                .about = "the target takes no connection: the client is told, and nobody else gets "
                         "its hello",
                .source = "RFC 9293 §3.5.2",
                .rule = Rule::either,
                .meanwhile = {.target_down = true, .stalled_with = {}}},
               shapes.wire());
}

}  // namespace sni::torture
