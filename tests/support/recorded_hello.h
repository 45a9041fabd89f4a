// tests/data/hello/*.txt: what a client sent first, in hex, behind a line that says what to expect
// and comments. "# ja4: " and "# ja3: " were computed apart, by another program.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "lab/core/encoding.h"

namespace sni::test {

struct RecordedHello {
    std::string name;
    std::string expect;
    std::string ja4;  ///< empty: it has none
    std::string ja3;
    std::vector<std::byte> wire;
};

inline std::vector<RecordedHello> recorded_hellos() {
    std::vector<RecordedHello> all;
    for (const auto& entry :
         std::filesystem::directory_iterator(SNI_LAB_SOURCE_DIR "/tests/data/hello")) {
        std::ifstream file(entry.path());
        RecordedHello hello{.name = entry.path().filename().string()};
        std::string hex;
        for (std::string line; std::getline(file, line);) {
            const std::string rest = line.substr(std::min<std::size_t>(line.size(), 7));
            if (line.starts_with("expect:")) {
                hello.expect = rest.substr(1);
            } else if (line.starts_with("# ja4: ")) {
                hello.ja4 = rest;
            } else if (line.starts_with("# ja3: ")) {
                hello.ja3 = rest;
            } else if (!line.starts_with('#')) {
                hex += line;
            }
        }
        hello.wire = from_hex(hex).value();
        all.push_back(std::move(hello));
    }
    return all;
}

}  // namespace sni::test
