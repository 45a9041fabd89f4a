// What a client asks a backend for, and the answer that is right: from the handlers themselves,
// without a session.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "lab/http/message.h"
#include "lab/httpbin/exchange.h"
#include "tests/sim/kernel.h"
#include "tests/sim/tape.h"

namespace sni::sim {

struct Ask {
    std::string about;
    std::string head;        ///< as it goes over the wire
    std::string body;        ///< so, too: chunks and all
    bool expects = false;    ///< "100 Continue"
    bool head_only = false;  ///< it is a HEAD
    int status = 200;        ///< of the answer
    http::Headers headers;   ///< among those of the answer
    std::string content;     ///< of its body
    http::Headers trailers;
    bool refused = false;    ///< nobody says more of its answer than the status
    bool closes = false;     ///< it is the last one that is answered
    bool until_end = false;  ///< only the connection's end tells where its body ends
    std::optional<http::Fault> fault;
    Time after{};            ///< the answer does not come before that
    Time lasts{};            ///< and takes so much more
    Time last_byte{};        ///< of that, until all of it is there
    bool talks = false;      ///< behind its answer, `words` and `echo` are exchanged
    bool last_word = false;  ///< `words` ends with one
    std::string words;
    std::string echo;

    std::uint64_t size() const { return head.size() + body.size(); }
};

/// What is asked over one connection, as far as an answer depends on it.
struct Asking {
    const httpbin::Connection& connection;
    const httpbin::Site& site;
    std::size_t most_body;  ///< Limits::body_bytes
    bool json;              ///< may be in an answer
    Time slow;              ///< Service::slow
};

/// Lets time pass: an answer that takes its time is computed with the clock.
Ask draw_ask(Tape& tape, Kernel& kernel, const Asking& asking);

}  // namespace sni::sim
