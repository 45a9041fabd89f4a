// The builder of hellos under the tests' own names.
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
using torture::padded_hello;
using torture::record;
using torture::records;
using torture::server_name;
using torture::vec;
using torture::operator+;

}  // namespace sni::test
