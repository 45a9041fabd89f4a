#include "lab/witness/digested.h"

#include <algorithm>
#include <vector>

#include "certs/digest.h"
#include "tests/support/catch.h"

namespace witness_digested_test {

using namespace sni;
using witness::Digested;

namespace {

std::vector<std::byte> stream(std::size_t size) {
    std::vector<std::byte> bytes(size);
    for (std::size_t i = 0; i < size; ++i) {
        bytes[i] = static_cast<std::byte>(i * 31 >> 3);
    }
    return bytes;
}

proof::WitnessedStream digested(Bytes bytes, std::size_t step) {
    Digested digest;
    while (!bytes.empty()) {
        const Bytes piece = bytes.first(std::min(step, bytes.size()));
        digest.add(piece);
        bytes = bytes.subspan(piece.size());
    }
    const proof::WitnessedStream so_far = digest.so_far();
    CHECK(digest.finish() == so_far);
    return so_far;
}

}  // namespace

TEST_CASE("a stream has a checkpoint at 1 KiB and wherever it has doubled", "[witness]") {
    const auto [size, checkpoints] = GENERATE(table<std::size_t, std::size_t>({
        {0, 0},
        {1'023, 0},
        {1'024, 1},
        {2'047, 1},
        {2'048, 2},
        {10'000, 4},
    }));
    CAPTURE(size);
    const std::vector<std::byte> bytes = stream(size);
    const proof::WitnessedStream whole = digested(bytes, size);
    CHECK(whole.all.bytes == size);
    CHECK(whole.all.sha256 == certs::sha256(bytes));
    REQUIRE(whole.checkpoints.size() == checkpoints);
    for (std::size_t i = 0; i < checkpoints; ++i) {
        CHECK(whole.checkpoints[i] == certs::sha256(Bytes(bytes).first(1'024u << i)));
    }
    for (const std::size_t step : {1, 7, 1'023, 1'025}) {
        CHECK(digested(bytes, step) == whole);
    }
}

}  // namespace witness_digested_test
