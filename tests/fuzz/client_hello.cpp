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
using sni::tls::ClientHello;
using sni::tls::HelloSniffer;
using sni::tls::Verdict;

constexpr std::size_t kLimit = 4'096;

void require(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "%s\n", what);
    std::abort();
}

std::string_view name_of(const ClientHello& hello) {
    return hello.server_name ? hello.server_name->text() : std::string_view();
}

bool same(const ClientHello& a, const ClientHello& b) {
    return name_of(a) == name_of(b) && a.server_name_sent == b.server_name_sent &&
           sni::as_text(a.alpn) == sni::as_text(b.alpn) && a.ech_offered == b.ech_offered &&
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
    HelloSniffer whole(kLimit), bytewise(kLimit), uneven(kLimit);
    feed(whole, wire, std::max<std::size_t>(size, 1));
    feed(bytewise, wire, 1);
    feed(uneven, wire, 7);
    require(whole.verdict() == bytewise.verdict() && whole.verdict() == uneven.verdict(),
            "the verdict depends on the segmentation");
    if (whole.hello()) {
        require(same(*whole.hello(), *bytewise.hello()) && same(*whole.hello(), *uneven.hello()),
                "the hello depends on the segmentation");
        require(sni::as_text(whole.message()) == sni::as_text(bytewise.message()),
                "the message depends on the segmentation");
        require(sni::as_text(whole.seen()) == sni::as_text(wire), "bytes were lost");
    }

    const Reading expected = Oracle(sni::as_text(wire), kLimit).read();
    const bool is_hello = whole.verdict() == Verdict::hello;
    const bool is_open = whole.verdict() == Verdict::need_more;
    require(is_hello == (expected.what == Reading::hello), "one reader takes it for a hello");
    require(is_open == (expected.what == Reading::incomplete), "one reader waits for more");
    if (is_hello) {
        require(name_of(*whole.hello()) == expected.name, "the names differ");
    }
    return 0;
}
