// Request heads and bodies from anybody: no crash, no two ways to read the same bytes, nothing
// beyond the limits.
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "tests/support/request_check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string fault =
        sni::test::fault_in_reading({reinterpret_cast<const char*>(data), size});
    if (fault.empty()) return 0;
    std::fprintf(stderr, "%s\n", fault.c_str());
    std::abort();
}
