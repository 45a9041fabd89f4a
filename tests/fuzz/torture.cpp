// What torture writes and reads again, from anybody: the ends' word on where a hello came, and runs
// to compare. What is read is what would be written, and a terminal may be shown all of it.
#include <string>

#include <nlohmann/json.hpp>

#include "lab/torture/arrival.h"
#include "lab/torture/render.h"
#include "lab/torture/show/page.h"
#include "tests/fuzz/require.h"

namespace {

using namespace sni;
using test::require;

/// Lines that a terminal may be shown, and one at least.
void shown(std::string_view text) {
    require(!text.empty(), "a word to nobody");
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        require((byte >= ' ' && byte != 0x7f) || c == '\n', "a control byte for a terminal");
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = test::text_of(data, size);
    if (const auto read = torture::decode_arrival(text))
        require(encode(*read) == text, "it is read, and would be written otherwise");
    const auto run = torture::read_run(std::string(text));
    const auto baseline = torture::read_baseline(std::string(text));
    require(run.has_value() == baseline.has_value(), "a run whose findings are none");
    if (!run) {
        shown(run.error());
        return 0;
    }
    const std::string again = to_json(*run, nullptr).dump();
    const auto second = torture::read_run(again);
    require(second && to_json(*second, nullptr).dump() == again,
            "a run that is another one when written again");
    shown(torture::to_text({*run, *second}));
    (void)torture::to_html({*run});
    (void)torture::to_markdown({*run});
    (void)to_junit(*run, &*baseline);
    return 0;
}
