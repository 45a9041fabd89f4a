// What a peer or a file got wrong is a value. One alias, so that the code says Result everywhere.
#pragma once

#include <expected>

namespace sni {

template <class T, class E>
using Result = std::expected<T, E>;

}  // namespace sni
