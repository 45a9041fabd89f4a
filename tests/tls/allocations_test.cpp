// What reading a hello takes from the heap. For that this program's operator new counts.
#include <cstdlib>
#include <new>

#include "lab/route/route_table.h"
#include "lab/tls/hello_sniffer.h"
#include "tests/support/catch.h"
#include "tests/support/hello_builder.h"

namespace {

thread_local std::size_t allocations = 0;

}  // namespace

void* operator new(std::size_t size) {
    ++allocations;
    if (void* memory = std::malloc(size)) return memory;
    throw std::bad_alloc();
}
void* operator new(std::size_t size, const std::nothrow_t& /*tag*/) noexcept {
    ++allocations;
    return std::malloc(size);
}
void operator delete(void* memory) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}

namespace tls_allocations_test {

using namespace sni;
using namespace sni::test;

namespace {

struct Cost {
    bool routed = false;
    std::size_t allocations = 0;
};

/// Of reading `wire` in pieces of `step` bytes, and of finding the name's route.
Cost cost_of(const Buffer& wire, std::size_t step, const route::RouteTable& table) {
    const std::size_t before = allocations;
    tls::HelloSniffer sniffer(65'536);
    for (Bytes rest = wire; !rest.empty(); rest = rest.subspan(std::min(step, rest.size()))) {
        sniffer.feed(rest.first(std::min(step, rest.size())));
    }
    Cost cost;
    if (sniffer.hello()) cost.routed = table.find(sniffer.hello()->server_name) != nullptr;
    cost.allocations = allocations - before;
    return cost;
}

}  // namespace

TEST_CASE("a whole hello is read and its route found without memory", "[tls]") {
    const route::RouteTable table(
        {route::parse_route("*.a-name-that-fits-in-no-small-string.example.com=127.0.0.1:1")
             .value()});
    const Buffer wire = hello_for("WWW.A-name-that-fits-in-no-small-string.example.com");
    const Cost at_once = cost_of(wire, wire.size(), table);
    CHECK(at_once.routed);
    CHECK(at_once.allocations == 0);
    const Cost in_pieces = cost_of(wire, 20, table);
    CHECK(in_pieces.routed);
    CHECK(in_pieces.allocations > 0);  // else nothing is counted
}

}  // namespace tls_allocations_test
