// How many pieces a request may be made of. Bytes alone bound little: a form of sixteen megabytes
// may hold eight million fields, each of them a hundred bytes of memory. Pure.
#pragma once

#include <cstddef>
#include <optional>

#include "lab/http/message.h"
#include "lab/http/request_head.h"

namespace sni::http {

/// Parts of a multipart body and values of a JSON document have theirs in multipart.h and
/// json_echo.h; headers in request_head.h.
struct ElementLimits {
    std::size_t query_parameters = 1000;  ///< above: 414
    std::size_t cookies = 1000;           ///< above: 431
    std::size_t form_fields = 10'000;     ///< above: 413
};

/// Why the request is made of too many pieces; nothing: it is not. Its body is not looked at.
std::optional<Refusal> too_many_elements(const Request& request, const ElementLimits& limits = {});

/// The same for a body that is going to be read as a form. Only then: a client may call any body
/// one, as curl does unless it is told otherwise.
std::optional<Refusal> too_many_fields(const Request& request, const ElementLimits& limits = {});

}  // namespace sni::http
