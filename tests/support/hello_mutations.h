// Hellos that are right, and what bad luck or malice makes of them.
#pragma once

#include <algorithm>
#include <random>
#include <vector>

#include "tests/support/hello_builder.h"

namespace sni::test {

inline std::vector<Hello> right_hellos() {
    const std::string name = "httpbin.example.com";
    Hello without_extensions;
    without_extensions.extensions = {};
    return {
        hello_with(name),
        Hello{},
        without_extensions,
        hello_with(name, alpn({"h2", "http/1.1"})),
        hello_with("A.b-c_d.Example", extension(0x0a0a, {})),
        hello_with("127.0.0.1"),
        hello_with("fe80::1"),
        hello_with("a.example."),
        padded_hello(name, 1'900),
        hello_with(name, extension(0xfe0d, Buffer(200))),
    };
}

/// One to three small wrongs: what a bug, a bad line or an attacker does to a hello.
inline Buffer mutated(Buffer wire, std::mt19937& random) {
    const auto below = [&random](std::size_t bound) { return random() % bound; };
    const auto at = [&] { return wire.begin() + static_cast<std::ptrdiff_t>(below(wire.size())); };
    // Lengths and types are at the front; the padding behind is no fun.
    const auto early = [&] {
        return wire.begin() +
               static_cast<std::ptrdiff_t>(below(std::min<std::size_t>(wire.size(), 200)));
    };
    for (std::size_t times = 1 + below(3); times > 0 && !wire.empty(); --times) {
        switch (below(8)) {
            case 0:
                *early() = static_cast<std::byte>(below(256));
                break;
            case 1:
                *early() ^= static_cast<std::byte>(1u << below(8));
                break;
            case 2:
                *early() = static_cast<std::byte>(std::to_integer<unsigned>(*early()) + 1);
                break;
            case 3:
                *early() = static_cast<std::byte>(below(2) * 255);
                break;
            case 4:
                wire.erase(early());
                break;
            case 5:
                wire.insert(early(), static_cast<std::byte>(below(256)));
                break;
            case 6:
                wire.erase(at(), wire.end());
                break;
            default: {
                const Buffer piece(early(), wire.end());
                wire.insert(at(), piece.begin(),
                            piece.begin() + static_cast<std::ptrdiff_t>(
                                                below(std::min<std::size_t>(piece.size(), 60))));
            }
        }
    }
    return wire;
}

/// A list of up to four names, some of them empty, of another type, or cut short.
inline Buffer some_server_names(std::mt19937& random) {
    static constexpr std::string_view kNames[] = {"a.example", "b.example", "", "[::1]", "x..y"};
    Buffer list;
    for (std::size_t names = random() % 4; names > 0; --names) {
        const std::string_view name = kNames[random() % std::size(kNames)];
        const auto type = static_cast<std::uint8_t>(random() % 8 == 0 ? random() % 3 : 0);
        list = list + host_entry(name, type, random() % 16 == 0 ? 1 : 0);
    }
    return extension(0, vec(2, list, random() % 16 == 0 ? -1 : 0));
}

/// One of its parts is wrong, and all lengths around it fit: what only a strict reader finds.
inline Hello wrong_inside(Hello hello, std::mt19937& random) {
    switch (random() % 9) {
        case 0:
            hello.session_id.resize(random() % 36);
            break;
        case 1:
            hello.cipher_suites.resize(random() % 6);
            break;
        case 2:
            hello.compression.resize(random() % 3);
            break;
        case 3:
            hello.extensions = hello.extensions + server_name("other.example.com");
            break;
        case 4:
            hello.extensions = hello.extensions + hello.extensions;
            break;
        case 5:
            hello.behind = Buffer(random() % 3);
            break;
        case 6:
            hello.extensions = some_server_names(random) + alpn({"h2"});
            break;
        default:
            hello.extensions = mutated(hello.extensions, random);
    }
    return hello;
}

inline Buffer in_records(const Buffer& message, std::mt19937& random) {
    return random() % 2 == 0 ? records(message, 16'384) : records(message, 1 + random() % 100);
}

/// `right` with something wrong on the wire, in the message, or inside its fields.
inline Buffer wrong_hello(const Hello& right, std::mt19937& random) {
    switch (random() % 3) {
        case 0:
            return mutated(in_records(right.message(), random), random);
        case 1:
            return in_records(mutated(right.message(), random), random);
        default:
            return in_records(wrong_inside(right, random).message(), random);
    }
}

}  // namespace sni::test
