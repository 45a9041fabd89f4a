// The PROXY header reader against bytes from anybody: no verdict may depend on the segmentation,
// and whatever is a header reads the same when it is written again.
#include "lab/proxy/header.h"
#include "tests/fuzz/require.h"

namespace {

using sni::Bytes;
using sni::proxy::Header;
using sni::proxy::read_header;
using sni::test::require;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const Bytes wire = std::as_bytes(std::span(data, size));
    const auto whole = read_header(wire);

    // The first count of bytes that is enough to decide decides it for good.
    std::size_t count = 0;
    auto reading = read_header(wire.first(0));
    while (count < size && reading && !*reading) {
        reading = read_header(wire.first(++count));
    }
    require(reading == whole, "the header depends on the segmentation");
    require(count <= sni::proxy::kMaxHeader, "it waits for more than it takes");
    if (!whole || !*whole) return 0;

    const Header& header = **whole;
    require(header.bytes == count, "the length is not where it was decided");
    require(!header.local || !header.addresses, "a LOCAL header names somebody");
    const auto again = read_header(write_header(header));
    require(again && *again, "what was written is no header");
    Header expected = header;
    expected.bytes = (*again)->bytes;
    if (header.addresses && header.addresses->source.host.starts_with("::ffff:")) return 0;
    require(**again == expected, "what was written reads as something else");
    return 0;
}
