// JSON bodies from anybody: no crash, nothing beyond the limits, and the echo says what was said.
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "tests/support/json_check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    for (const std::string& fault :
         {sni::test::fault_in_echoing(bytes), sni::test::fault_in_refusing(bytes)}) {
        if (fault.empty()) continue;
        std::fprintf(stderr, "%s\n", fault.c_str());
        std::abort();
    }
    return 0;
}
