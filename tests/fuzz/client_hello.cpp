// The hello sniffer against bytes from anybody, with a second reader as the oracle. Both must agree
// on what is a hello and on its name; and no verdict may depend on the segmentation.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "lab/tls/hello_sniffer.h"
#include "tests/support/hello_oracle.h"

namespace {

using sni::Bytes;
using sni::test::Oracle;
using sni::test::Reading;
using sni::tls::HelloSniffer;
using sni::tls::Verdict;

constexpr std::size_t kLimit = 4'096;

void require(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "%s\n", what);
    std::abort();
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
    HelloSniffer whole(kLimit), bytewise(kLimit), uneven(kLimit);
    feed(whole, wire, std::max<std::size_t>(size, 1));
    feed(bytewise, wire, 1);
    feed(uneven, wire, 7);
    require(whole.verdict() == bytewise.verdict() && whole.verdict() == uneven.verdict(),
            "the verdict depends on the segmentation");
    if (whole.hello()) {
        require(*whole.hello() == *bytewise.hello() && *whole.hello() == *uneven.hello(),
                "the hello depends on the segmentation");
        require(sni::as_text(whole.seen()) == sni::as_text(wire), "bytes were lost");
    }

    const Reading expected = Oracle(sni::as_text(wire), kLimit).read();
    const bool is_hello = whole.verdict() == Verdict::hello;
    const bool is_open = whole.verdict() == Verdict::need_more;
    require(is_hello == (expected.what == Reading::hello), "one reader takes it for a hello");
    require(is_open == (expected.what == Reading::incomplete), "one reader waits for more");
    if (is_hello) {
        require(whole.hello()->server_name.value_or("") == expected.name, "the names differ");
    }
    return 0;
}
