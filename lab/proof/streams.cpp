#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "lab/core/codes.h"
#include "lab/core/encoding.h"
#include "lab/proof/lines.h"

namespace sni::proof {

namespace {

std::string counted(const StreamDigest& stream) {
    return fmt::format("{} bytes, SHA-256 {}", stream.bytes, brief(stream.sha256));
}

Line no_streams(std::string name, std::string text) {
    return against(Verdict::inconclusive, code::kNoStreams, std::move(name), std::move(text),
                   "a backend stops digesting after the first MiB; ask for less with --request");
}

std::string described(const HelloFacts& hello) {
    return fmt::format("{} bytes in {} record{}, {}, SHA-256 {}", hello.bytes, hello.records,
                       hello.records == 1 ? "" : "s", printable(hello.shape), brief(hello.sha256));
}

/// The same messages, in other records.
bool only_reframed(const std::vector<HelloFacts>& ours, const std::vector<HelloFacts>& theirs) {
    return std::ranges::equal(ours, theirs, [](HelloFacts a, const HelloFacts& b) {
        a.records = b.records;
        return a == b;
    });
}

/// What two TLS sessions would explain, and in one session only somebody who altered its bytes.
Line differing(bool one_session, std::string_view code, std::string_view altered_code,
               std::string name, std::string text) {
    const bool down = name == "received";
    if (!one_session) {
        return against(Verdict::terminated, code, std::move(name), std::move(text),
                       std::string(kHowToPassThrough));
    }
    return against(Verdict::altered, altered_code, std::move(name),
                   fmt::format("altered on the way {}: {}", down ? "here" : "to the backend", text),
                   "somebody in between writes TLS records of its own, without this session's "
                   "secrets; sni-lab verify at each hop finds out where");
}

}  // namespace

std::vector<Line> stream_lines(const Statement& said, const Evidence& e) {
    if (!said.streams) {
        return {no_streams("sent", "the backend kept no digest of this connection's bytes")};
    }
    if (!e.streams) return {no_streams("sent", "this client kept no digest of the bytes")};
    std::vector<Line> lines;
    const bool one_session = in_one_session(said, e);
    const StreamDigest& arrived = said.streams->received;
    if (arrived == e.streams->sent) {
        lines.push_back(pass("sent", fmt::format("every byte that left here is what the backend "
                                                 "received: {}",
                                                 counted(arrived))));
    } else {
        lines.push_back(differing(one_session, code::kSentDiffers, code::kBytesAltered, "sent",
                                  fmt::format("{} left here, the backend received {}",
                                              counted(e.streams->sent), counted(arrived))));
    }
    const StreamDigest& left = said.streams->sent;
    const auto received_differs = [&](std::string text) {
        lines.push_back(differing(one_session, code::kReceivedDiffers, code::kBytesAltered,
                                  "received", std::move(text)));
    };
    if (left.bytes < e.streams->answer_end) {
        received_differs(
            fmt::format("{} bytes had come here with the answer, the backend had sent {}",
                        e.streams->answer_end, left.bytes));
    } else if (e.streams->received == left) {
        lines.push_back(pass(
            "received", fmt::format("every byte that the backend sent is what arrived here: {}",
                                    counted(left))));
    } else {
        received_differs(fmt::format(
            "the backend sent {}, {}", counted(left),
            e.streams->received
                ? fmt::format("as many here have {}", brief(e.streams->received->sha256))
                : std::string("fewer arrived here")));
    }
    return lines;
}

Line hello_line(const Statement& said, const Evidence& e) {
    if (said.hellos.empty() || e.hellos.empty()) {
        return against(Verdict::inconclusive, code::kNoHello, "hello",
                       said.hellos.empty() ? "the backend kept no ClientHello"
                                           : "this client kept no ClientHello",
                       "do backend and client have the same version?");
    }
    if (said.hellos == e.hellos) {
        return pass("hello", fmt::format("the same ClientHello at both ends: {}{}",
                                         described(e.hellos.front()),
                                         e.hellos.size() == 1 ? "" : ", and the second one"));
    }
    const std::size_t at =
        said.hellos.front() == e.hellos.front() && said.hellos.size() > 1 && e.hellos.size() > 1
            ? 1
            : 0;
    const bool reframed = only_reframed(e.hellos, said.hellos);
    return differing(
        reframed && in_one_session(said, e), code::kHelloDiffers, code::kHelloReframed, "hello",
        reframed ? fmt::format("the ClientHello left here in {} record{} and arrived "
                               "in {}, the same in all else: {}",
                               e.hellos[at].records, e.hellos[at].records == 1 ? "" : "s",
                               said.hellos[at].records, described(e.hellos[at]))
                 : fmt::format("another ClientHello arrived: {} left here, the "
                               "backend received {}",
                               described(e.hellos[at]), described(said.hellos[at])));
}

}  // namespace sni::proof
