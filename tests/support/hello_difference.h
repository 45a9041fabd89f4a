// The two readers of hellos, asked about the same bytes.
#pragma once

#include <algorithm>
#include <optional>
#include <string>

#include "lab/tls/hello_sniffer.h"
#include "lab/tls/hello_view.h"
#include "tests/support/hello_grammar.h"

namespace sni::test {

/// What the product's reader makes of `wire` when it comes in pieces of `step` bytes.
inline HelloReading read_by_sniffer(Bytes wire, std::size_t limit, std::size_t step) {
    tls::HelloSniffer sniffer(limit);
    while (!wire.empty() && sniffer.verdict() == tls::Verdict::need_more) {
        const Bytes piece = wire.first(std::min(step, wire.size()));
        sniffer.feed(piece);
        wire = wire.subspan(piece.size());
    }
    HelloReading reading{.verdict = to_string(sniffer.verdict()), .sni = {}, .alpn = {}};
    if (const tls::ClientHello* hello = sniffer.hello()) {
        if (hello->server_name) reading.sni = hello->server_name->text();
        if (!hello->alpn.empty()) {
            tls::each_alpn_name(hello->alpn,
                                [&](Bytes name) { reading.alpn.emplace_back(as_text(name)); });
        }
    }
    return reading;
}

inline std::string described(const HelloReading& reading) {
    std::string text(reading.verdict);
    if (reading.sni) text += " for \"" + *reading.sni + "\"";
    for (const std::string& name : reading.alpn) {
        text += " \"" + name + "\"";
    }
    return text;
}

/// Nothing when both say the same, else what each of them said.
inline std::optional<std::string> difference(Bytes wire, std::size_t limit, std::size_t step) {
    const HelloReading one = read_by_sniffer(wire, limit, step);
    const HelloReading other = read_by_grammar(as_text(wire), limit);
    if (one == other) return std::nullopt;
    return "the sniffer says " + described(one) + ", the grammar " + described(other);
}

}  // namespace sni::test
