#include "lab/torture/clients/recorded.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "lab/core/encoding.h"

namespace sni::torture {

namespace {

constexpr RecordedClient kRecorded[] = {
#define SNI_CLIENT(name, about, ja4, versions, suites, extensions) \
    {name, about, ja4, versions, suites, extensions},
#include "lab/torture/clients/clients.def"
#undef SNI_CLIENT
};

/// Takes what stands in front of `mark` off `text`, and the mark.
std::string_view take_until(std::string_view& text, char mark) {
    const std::string_view part = text.substr(0, text.find(mark));
    text.remove_prefix(std::min(text.size(), part.size() + 1));
    return part;
}

std::size_t read_number(std::string_view text, int base) {
    std::size_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value, base);
    return value;
}

Buffer data_of(ShapeBuilder& shapes, std::string_view parts, const Hello& before) {
    Buffer data;
    while (!parts.empty()) {
        const std::string_view part = take_until(parts, '.');
        const std::size_t count = read_number(part.substr(1), 10);
        if (part == "S") {
            data = data + vec(2, host_entry(shapes.sni()));
        } else if (part[0] == 'R') {
            data = data + shapes.random(count);
        } else if (part[0] == 'P') {
            const std::size_t size = before.message().size() + 4;
            data = data + Buffer(count - std::min(count, size));
        } else {
            data = data + from_hex(part).value_or(Buffer());
        }
    }
    return data;
}

void add_client(ShapeBuilder& shapes, const RecordedClient& client) {
    constexpr std::size_t kPacket = 1'400;
    const Buffer wire = hello_as(shapes, client);
    const Shape shape{.name = fmt::format("client/{}", client.name),
                      .about = fmt::format("as {} says hello, {} bytes", client.about, wire.size()),
                      .source = "RFC 8446 §4.1.2"};
    shapes.add(shape, wire);
    Shape in_two = shape;
    in_two.name += "-2-packets";
    in_two.about += ", in two packets";
    const std::size_t at = wire.size() > kPacket ? kPacket : wire.size() / 2;
    shapes.add(in_two, cut(hello_as(shapes, client), {at}));
    Shape in_records = shape;
    in_records.name += "-3-records";
    in_records.about += ", in three records";
    const Buffer whole = hello_as(shapes, client);
    shapes.add(in_records, records(part(whole, 5, whole.size()), wire.size() / 3 + 1));
}

}  // namespace

std::span<const RecordedClient> recorded_clients() {
    return kRecorded;
}

Buffer hello_as(ShapeBuilder& shapes, const RecordedClient& client) {
    std::string_view versions = client.versions;
    const auto record_version =
        static_cast<std::uint16_t>(read_number(take_until(versions, ' '), 16));
    Hello hello = shapes.bare();
    hello.legacy_version = static_cast<std::uint16_t>(read_number(take_until(versions, ' '), 16));
    hello.session_id = shapes.random(read_number(versions, 10));
    hello.cipher_suites.clear();
    for (std::string_view rest = client.suites; !rest.empty();) {
        hello.cipher_suites =
            hello.cipher_suites + number(read_number(take_until(rest, ' '), 16), 2);
    }
    for (std::string_view rest = client.extensions; !rest.empty();) {
        std::string_view token = take_until(rest, ' ');
        const std::size_t type = read_number(take_until(token, '/'), 16);
        hello.extensions = hello.extensions + extension(static_cast<std::uint16_t>(type),
                                                        data_of(shapes, token, hello));
    }
    return record(hello.message(), 22, record_version);
}

void add_clients(ShapeBuilder& shapes) {
    for (const RecordedClient& client : kRecorded) {
        add_client(shapes, client);
    }
}

}  // namespace sni::torture
