// What the tool itself asks over plain HTTP: operators' pages.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "lab/core/endpoint.h"
#include "lab/core/result.h"

namespace sni::client {

/// The body of a 200 for `target`, a path with its query, of less than `limit` bytes with its head;
/// `timeout` bounds it all. The error is a sentence that names the page.
Result<std::string, std::string> get_page(const Endpoint& from, const std::string& target,
                                          std::chrono::milliseconds timeout,
                                          std::size_t limit = 64u << 20);

}  // namespace sni::client
