#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "lab/core/codes.h"
#include "lab/core/encoding.h"
#include "lab/proof/judge/lines.h"

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

Line cut_off(std::string name, std::string text) {
    return against(Verdict::inconclusive, code::kBytesMissing, std::move(name), std::move(text),
                   "the connection was cut, or somebody in between holds bytes back; ask again");
}

/// What came here is what a witness sent, as far as its checkpoints tell.
bool begins_alike(const std::vector<Digest>& checkpoints, const StreamDigest& came) {
    for (std::size_t i = 0; i < checkpoints.size(); ++i) {
        if (came.bytes == WitnessedStream::kFirstCheckpoint << i)
            return checkpoints[i] == came.sha256;
    }
    return false;
}

Line sent_line(const FarEnd& far, const Streams& there, const Evidence& e,
               const ClientStreams& here) {
    const StreamDigest& left = here.sent;
    const StreamDigest& arrived = there.received;
    if (arrived == left) {
        return pass("sent", fmt::format("every byte that left here is what the {} received: {}",
                                        far.name, counted(arrived)));
    }
    std::string text =
        fmt::format("{} left here, the {} received {}", counted(left), far.name, counted(arrived));
    // A request that was answered had arrived.
    const bool on_its_way = e.request.empty() || (!e.status && was_cut(e));
    if (far.checkpoints && on_its_way && arrived.bytes < left.bytes)
        return cut_off("sent", std::move(text));
    return differing(far, code::kSentDiffers, code::kBytesAltered, "sent", std::move(text));
}

Line received_line(const FarEnd& far, const Streams& there, const ClientStreams& here) {
    const StreamDigest& left = there.sent;
    const std::optional<StreamDigest>& came = here.received;
    if (left.bytes < here.answer_end) {
        return differing(far, code::kReceivedDiffers, code::kBytesAltered, "received",
                         fmt::format("{} bytes had come here with the answer, the {} had sent {}",
                                     here.answer_end, far.name, left.bytes));
    }
    if (came == left) {
        return pass("received", fmt::format("every byte that the {} sent is what arrived here: {}",
                                            far.name, counted(left)));
    }
    const bool fewer = !came || came->bytes < left.bytes;
    std::string text =
        fmt::format("the {} sent {}, {}", far.name, counted(left),
                    fewer ? std::string("fewer arrived here")
                          : fmt::format("as many here have {}", brief(came->sha256)));
    if (far.checkpoints && fewer && (!came || begins_alike(*far.checkpoints, *came)))
        return cut_off("received", std::move(text));
    return differing(far, code::kReceivedDiffers, code::kBytesAltered, "received", std::move(text));
}

}  // namespace

std::vector<Line> stream_lines(const FarEnd& far, const Evidence& e) {
    if (!far.streams) {
        return {no_streams(
            "sent", fmt::format("the {} kept no digest of this connection's bytes", far.name))};
    }
    if (!e.streams) return {no_streams("sent", "this client kept no digest of the bytes")};
    return {sent_line(far, *far.streams, e, *e.streams),
            received_line(far, *far.streams, *e.streams)};
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
