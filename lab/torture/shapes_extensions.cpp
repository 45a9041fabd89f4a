// Extensions: any order, any number, unknown ones, and none twice (RFC 8446 §4.2).
#include <fmt/format.h>

#include "lab/tls/names.h"
#include "lab/torture/shape_builder.h"

namespace sni::torture {

namespace {

constexpr const char* kAnyOrder = "RFC 8446 §4.2";

Buffer versions() {
    return extension(43, vec(1, number(0x0304, 2) + number(0x0303, 2)));
}
Buffer groups() {
    return extension(10, vec(2, number(29, 2) + number(23, 2)));
}
Buffer signatures() {
    return extension(13, vec(2, number(0x0403, 2) + number(0x0804, 2)));
}

void add_orders(ShapeBuilder& shapes) {
    const std::vector<Buffer> around = {groups(),
                                        signatures(),
                                        versions(),
                                        alpn({"h2", "http/1.1"}),
                                        extension(23, {}),
                                        extension(35, {}),
                                        key_share(29, shapes.random(32))};
    for (std::size_t place = 0; place <= around.size(); ++place) {
        Buffer all;
        for (std::size_t i = 0; i <= around.size(); ++i) {
            if (i == place) all = all + server_name(shapes.sni());
            if (i < around.size()) all = all + around[i];
        }
        shapes.add({.name = fmt::format("ext/name-at-{}", place),
                    .about = fmt::format("server_name behind {} other extensions", place),
                    .source = kAnyOrder},
                   record(shapes.with(all).message()));
    }
    Buffer backwards = server_name(shapes.sni());
    for (const Buffer& each : around) {
        backwards = each + backwards;
    }
    shapes.add({.name = "ext/backwards",
                .about = "the usual extensions in the opposite order",
                .source = kAnyOrder},
               record(shapes.with(backwards).message()));
    shapes.add({.name = "ext/name-only",
                .about = "server_name and no other extension",
                .source = "RFC 5246 §7.4.1.4"},
               record(shapes.with(server_name(shapes.sni())).message()));
}

void add_twice(ShapeBuilder& shapes) {
    for (const auto& [type, body] : {std::pair<std::uint16_t, Buffer>{10, vec(2, number(29, 2))},
                                     {13, vec(2, number(0x0403, 2))},
                                     {16, vec(2, vec(1, bytes_of("h2")))},
                                     {23, {}},
                                     {43, vec(1, number(0x0304, 2))},
                                     {45, vec(1, number(1, 1))},
                                     {51, vec(2, {})},
                                     {0x0a0a, {}},
                                     {0xff7f, {}}}) {
        const Buffer once = extension(type, body);
        shapes.add({.name = fmt::format("ext/twice-{:04x}", type),
                    .about = fmt::format("the extension {} twice", tls::extension_name(type)),
                    .source = kAnyOrder,
                    .rule = Rule::must_refuse,
                    .alert_owed = true},
                   record(shapes.with(server_name(shapes.sni()) + once + once).message()));
    }
}

/// A server ignores what it does not know.
void add_unknown(ShapeBuilder& shapes) {
    const auto add = [&](std::string name, std::string about, const Buffer& more,
                         const char* source = kAnyOrder) {
        shapes.add({.name = "ext/" + std::move(name), .about = std::move(about), .source = source},
                   record(shapes.modern_and(more).message()));
    };
    constexpr std::uint16_t kUnknown[] = {0x00ff, 0x1234, 0x3374, 0x4469,
                                          0x44cd, 0xca34, 0xff01, 0xffff};
    for (const std::uint16_t type : kUnknown) {
        add(fmt::format("unknown-{:04x}", type), fmt::format("an extension of type {:#06x}", type),
            extension(type, shapes.random(40)));
    }
    for (const std::size_t count : {10, 64, 65, 100, 1'000}) {
        Buffer many;
        for (std::size_t i = 0; i < count; ++i) {
            many = many + extension(static_cast<std::uint16_t>(0x8000 + i), {});
        }
        add(fmt::format("unknown-{}-of-them", count),
            fmt::format("{} extensions that nobody knows", count), many);
    }
    constexpr std::uint16_t kReserved[] = {0x0a0a, 0x1a1a, 0xfafa};
    for (const std::uint16_t type : kReserved) {
        add(fmt::format("grease-{:04x}", type), "a reserved type, so that servers stay tolerant",
            extension(type, Buffer(type == 0x0a0a ? 0 : 1)), "RFC 8701 §3.1");
    }
    for (const std::size_t size : {0u, 1u, 200u, 1'000u}) {
        add(fmt::format("padding-{}", size), fmt::format("{} bytes of padding", size),
            extension(21, Buffer(size)), "RFC 7685 §3");
    }
    Hello first = shapes.modern();
    first.extensions = extension(0x2a2a, {}) + first.extensions;
    shapes.add({.name = "ext/grease-first",
                .about = "a reserved type in front of server_name",
                .source = "RFC 8701 §3.1"},
               record(first.message()));
}

/// What stands in the registry and in the hellos of real clients.
void add_known(ShapeBuilder& shapes) {
    struct Known {
        std::uint16_t type;
        Buffer body;
        const char* source;
    };
    const Buffer empty;
    const Known all[] = {
        {1, number(1, 1), "RFC 6066 §4"},
        {5, number(1, 1) + number(0, 4), "RFC 6066 §8"},
        {11, vec(1, number(0, 1)), "RFC 8422 §5.1.2"},
        {14, vec(2, number(1, 2)) + number(0, 1), "RFC 5764 §4.1.1"},
        {15, number(1, 1), "RFC 6520 §2"},
        {17, vec(2, number(1, 1) + vec(2, number(0, 4))), "RFC 6961 §2.2"},
        {18, empty, "RFC 6962 §3.3.1"},
        {19, vec(1, number(0, 1)), "RFC 7250 §4.1"},
        {20, vec(1, number(0, 1)), "RFC 7250 §4.1"},
        {22, empty, "RFC 7366 §2"},
        {23, empty, "RFC 7627 §5.1"},
        {24, number(0x0100, 2) + vec(1, number(0, 1)), "RFC 8472 §2"},
        {27, vec(1, number(2, 2)), "RFC 8879 §3"},
        {28, number(16'385, 2), "RFC 8449 §4"},
        {34, vec(2, number(0x0403, 2)), "RFC 9345 §4.1.1"},
        {35, shapes.random(192), "RFC 5077 §3.2"},
        {44, vec(2, shapes.random(300)), "RFC 8446 §4.2.2"},
        {47, vec(2, vec(2, shapes.random(100))), "RFC 8446 §4.2.4"},
        {48, vec(2, joined({vec(1, shapes.random(3)), vec(2, shapes.random(3))})),
         "RFC 8446 §4.2.5"},
        {49, empty, "RFC 8446 §4.2.6"},
        {50, vec(2, number(0x0403, 2)), "RFC 8446 §4.2.3"},
        {54, vec(1, {}), "RFC 9146 §3"},
        {57, shapes.random(60), "RFC 9001 §8.2"},
        {13172, empty, "draft-agl-tls-nextprotoneg-04 §3"},
        {17513, vec(2, vec(1, bytes_of("h2"))), "draft-vvv-tls-alps-01 §4"},
        {0xff01, vec(1, {}), "RFC 5746 §3.2"},
    };
    for (const Known& each : all) {
        shapes.add({.name = fmt::format("ext/type-{}", each.type),
                    .about = fmt::format("the extension {}", tls::extension_name(each.type)),
                    .source = each.source},
                   record(shapes.modern_and(extension(each.type, each.body)).message()));
    }
}

}  // namespace

void add_extensions(ShapeBuilder& shapes) {
    add_orders(shapes);
    add_twice(shapes);
    add_unknown(shapes);
    add_known(shapes);
}

}  // namespace sni::torture
