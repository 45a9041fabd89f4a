// A shape of ClientHello: what a client sends, in which pieces, and what a gateway may make of it.
// A value: nothing here sends it.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "lab/torture/hello_builder.h"

namespace sni::torture {

/// What the RFCs make of a shape at a gateway that forwards hellos.
enum class Rule {
    must_pass,    ///< legal: it has to reach whom it names
    must_refuse,  ///< no receiver may take it for a hello
    either,       ///< refusing it is as good as passing it on
};
std::string_view to_string(Rule rule);

/// Whom a strict reader finds named.
enum class Names {
    target,   ///< the name that was asked for
    other,    ///< another host
    nobody,   ///< no host at all
    anybody,  ///< it depends on the reader: no place is wrong
};
std::string_view to_string(Names names);

/// What the client does behind its last byte.
enum class Then {
    answer,      ///< waits for the answer
    half_close,  ///< finishes sending (FIN), and waits for the answer
    end_later,   ///< finishes sending a while later, unless it has its answer by then
    reset,       ///< waits for the answer, then breaks the connection (RST)
    reset_now,   ///< breaks the connection without waiting
    stall,       ///< says nothing more, as long as the gateway bears it
};
std::string_view to_string(Then then);

/// Long enough for a gateway to make up its mind by what was sent, and not by the end.
inline constexpr std::chrono::milliseconds kEndsLater{200};

/// Bytes that leave together, so long after those before them.
struct Segment {
    Buffer bytes;
    std::chrono::milliseconds pause{0};
    bool operator==(const Segment&) const = default;
};

/// What is the matter around a shape while it is asked; mostly nothing.
struct Meanwhile {
    bool target_down = false;                  ///< the target takes no connection
    std::chrono::milliseconds target_late{0};  ///< it takes them, and reads nothing for so long
    unsigned stalled = 0;                      ///< so many other clients have begun a hello
    Buffer stalled_with;                       ///< with these bytes, each of them
    bool operator==(const Meanwhile&) const = default;

    /// Only an end that takes orders can do that.
    bool is_for_target() const { return target_down || target_late.count() > 0; }
    /// Nothing else may be asked then.
    bool is_alone() const { return is_for_target() || stalled > 0; }
};

struct Shape {
    std::string name;    ///< "rec/2-records-mid-sni": its group, then what is special
    std::string about;   ///< one sentence
    std::string source;  ///< where it stands: "RFC 8446 §5.1"
    Rule rule = Rule::must_pass;
    Names names = Names::target;
    /// A TLS endpoint that refuses it has to say so by an alert (RFC 8446 §6.2).
    bool alert_owed = false;
    Then then = Then::answer;
    std::chrono::milliseconds after{0};  ///< its last byte it does so
    /// What comes of it depends on who is faster, at a right gateway too: it is asked three times,
    /// and judged by the worst.
    bool varies = false;
    Meanwhile meanwhile = {};
    std::vector<Segment> segments;

    /// What all segments are together.
    Buffer wire() const;
    std::string_view group() const { return std::string_view(name).substr(0, name.find('/')); }
    bool operator==(const Shape&) const = default;
};

}  // namespace sni::torture
