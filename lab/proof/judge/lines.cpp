#include "lab/proof/judge/lines.h"

#include <utility>

#include "lab/core/encoding.h"

namespace sni::proof {

Line pass(std::string name, std::string text) {
    return {.name = std::move(name), .mark = Mark::pass, .text = std::move(text)};
}

Line info(std::string name, std::string text) {
    return {.name = std::move(name), .mark = Mark::info, .text = std::move(text)};
}

/// A line that forbids PROVEN. Inconclusive is what missing evidence amounts to; everything else is
/// a finding.
Line against(Verdict verdict, std::string_view code, std::string name, std::string text,
             std::string hint) {
    const Mark mark = verdict == Verdict::inconclusive ? Mark::missing : Mark::fail;
    return {std::move(name), mark, std::move(text), std::string(code), std::move(hint), verdict};
}

std::string shown(const std::optional<std::string>& sni) {
    return sni ? printable(*sni) : "(no SNI)";
}

std::string brief(const Digest& digest) {
    return to_hex(Bytes(digest).first(8)) + "…";
}

}  // namespace sni::proof
