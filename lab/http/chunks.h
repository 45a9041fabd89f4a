// A body in chunks as it is written (RFC 9112 §7.1); body_decoder.h reads them.
#pragma once

#include <string>
#include <string_view>

#include "lab/http/message.h"

namespace sni::http {

/// One chunk; of no bytes nothing, since an empty chunk would be the last.
std::string chunk(std::string_view bytes);
/// The end of the body, with `trailers`, whose names and values are as they must be on the wire.
std::string last_chunk(const Headers& trailers);

}  // namespace sni::http
