// The hello sniffer against bytes from anybody, with a second reader beside it. Both must say the
// same: the verdict, and of a hello its name and its protocols; and nothing may depend on the
// segmentation.
#include <algorithm>
#include <cstdint>

#include "lab/tls/hello_sniffer.h"
#include "tests/fuzz/require.h"
#include "tests/support/hello_difference.h"

namespace {

using sni::Bytes;
using sni::test::require;
using sni::tls::ClientHello;
using sni::tls::HelloSniffer;
using sni::tls::Verdict;

constexpr std::size_t kLimit = 4'096;

bool same(const ClientHello& a, const ClientHello& b) {
    return a.server_name_sent == b.server_name_sent && a.ech_offered == b.ech_offered &&
           a.listed_bytes == b.listed_bytes;
}

/// Feeds pieces of `step` bytes, as far as the sniffer wants them.
void feed(HelloSniffer& sniffer, Bytes wire, std::size_t step) {
    while (!wire.empty() && sniffer.verdict() == Verdict::need_more) {
        const Bytes piece = wire.first(std::min(step, wire.size()));
        sniffer.feed(piece);
        wire = wire.subspan(piece.size());
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const Bytes wire = std::as_bytes(std::span(data, size));
    const std::size_t all = std::max<std::size_t>(size, 1);
    for (const std::size_t step : {all, std::size_t{1}, std::size_t{7}}) {
        const auto differs = sni::test::difference(wire, kLimit, step);
        require(!differs, differs ? differs->c_str() : "");
    }
    HelloSniffer whole(kLimit), bytewise(kLimit);
    feed(whole, wire, all);
    feed(bytewise, wire, 1);
    if (whole.hello()) {
        require(same(*whole.hello(), *bytewise.hello()), "the hello depends on the segmentation");
        require(sni::as_text(whole.message()) == sni::as_text(bytewise.message()),
                "the message depends on the segmentation");
        require(sni::as_text(whole.seen()) == sni::as_text(wire), "bytes were lost");
    }
    return 0;
}
