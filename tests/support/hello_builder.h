// The builder of hellos under the tests' own names, and hellos that only tests want.
#pragma once

#include "lab/torture/hello_builder.h"

namespace sni::test {

using torture::alpn;
using torture::Buffer;
using torture::bytes_of;
using torture::extension;
using torture::Hello;
using torture::hello_for;
using torture::hello_with;
using torture::host_entry;
using torture::number;
using torture::record;
using torture::records;
using torture::server_name;
using torture::vec;
using torture::operator+;

/// A hello whose body has exactly `size` bytes, by way of padding (RFC 7685).
inline Hello padded_hello(std::string_view name, std::size_t size) {
    const std::size_t bare = hello_with(name).body().size();
    return hello_with(name, extension(21, Buffer(size - bare - 4)));
}

}  // namespace sni::test
