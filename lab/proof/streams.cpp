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
Line differing(const FarEnd& far, std::string_view code, std::string_view altered_code,
               std::string name, std::string text) {
    const bool down = name == "received";
    if (!far.one_session) {
        return against(Verdict::terminated, code, std::move(name), std::move(text),
                       std::string(kHowToPassThrough));
    }
    return against(Verdict::altered, altered_code, std::move(name),
                   fmt::format("altered on the way {}: {}",
                               down ? "here" : fmt::format("to the {}", far.name), text),
                   "somebody in between writes TLS records of its own, without this session's "
                   "secrets; sni-lab verify at each hop finds out where");
}

}  // namespace

std::vector<Line> stream_lines(const FarEnd& far, const Evidence& e) {
    if (!far.streams) {
        return {no_streams(
            "sent", fmt::format("the {} kept no digest of this connection's bytes", far.name))};
    }
    if (!e.streams) return {no_streams("sent", "this client kept no digest of the bytes")};
    std::vector<Line> lines;
    const StreamDigest& arrived = far.streams->received;
    if (arrived == e.streams->sent) {
        lines.push_back(pass("sent", fmt::format("every byte that left here is what the {} "
                                                 "received: {}",
                                                 far.name, counted(arrived))));
    } else {
        lines.push_back(
            differing(far, code::kSentDiffers, code::kBytesAltered, "sent",
                      fmt::format("{} left here, the {} received {}", counted(e.streams->sent),
                                  far.name, counted(arrived))));
    }
    const StreamDigest& left = far.streams->sent;
    const auto received_differs = [&](std::string text) {
        lines.push_back(differing(far, code::kReceivedDiffers, code::kBytesAltered, "received",
                                  std::move(text)));
    };
    if (left.bytes < e.streams->answer_end) {
        received_differs(fmt::format("{} bytes had come here with the answer, the {} had sent {}",
                                     e.streams->answer_end, far.name, left.bytes));
    } else if (e.streams->received == left) {
        lines.push_back(
            pass("received", fmt::format("every byte that the {} sent is what arrived here: {}",
                                         far.name, counted(left))));
    } else {
        received_differs(fmt::format(
            "the {} sent {}, {}", far.name, counted(left),
            e.streams->received
                ? fmt::format("as many here have {}", brief(e.streams->received->sha256))
                : std::string("fewer arrived here")));
    }
    return lines;
}

Line hello_line(const FarEnd& far, const Evidence& e) {
    if (far.hellos.empty() || e.hellos.empty()) {
        return against(Verdict::inconclusive, code::kNoHello, "hello",
                       fmt::format("{} kept no ClientHello", far.hellos.empty()
                                                                 ? fmt::format("the {}", far.name)
                                                                 : std::string("this client")),
                       fmt::format("do {} and client have the same version?", far.name));
    }
    if (far.hellos == e.hellos) {
        return pass("hello", fmt::format("the same ClientHello at both ends: {}{}",
                                         described(e.hellos.front()),
                                         e.hellos.size() == 1 ? "" : ", and the second one"));
    }
    const std::size_t at =
        far.hellos.front() == e.hellos.front() && far.hellos.size() > 1 && e.hellos.size() > 1 ? 1
                                                                                               : 0;
    if (!only_reframed(e.hellos, far.hellos)) {
        return against(Verdict::terminated, code::kHelloDiffers, "hello",
                       fmt::format("another ClientHello arrived: {} left here, the {} received {}",
                                   described(e.hellos[at]), far.name, described(far.hellos[at])),
                       std::string(kHowToPassThrough));
    }
    return differing(
        far, code::kHelloDiffers, code::kHelloReframed, "hello",
        fmt::format("the ClientHello left here in {} record{} and arrived in {}, the same in all "
                    "else: {}",
                    e.hellos[at].records, e.hellos[at].records == 1 ? "" : "s",
                    far.hellos[at].records, described(e.hellos[at])));
}

}  // namespace sni::proof
