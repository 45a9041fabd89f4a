// A request before it is written down.
#pragma once

#include <cstddef>
#include <string>

#include "lab/http/message.h"
#include "tests/sim/tape.h"

namespace sni::sim {

struct Draft {
    std::string method = "GET";
    std::string path;
    std::string query = {};
    int minor_version = 1;
    http::Headers headers = {};
    std::string body = {};
    bool chunked = false;
    bool keep_alive = true;
};

/// Letters; `salt` tells them from others.
std::string text_of(std::size_t size, unsigned salt);

/// What the backend answers in any way that it has.
Draft draw_draft(Tape& tape);
/// Only what no JSON is needed for.
Draft draw_plain(Tape& tape);

}  // namespace sni::sim
