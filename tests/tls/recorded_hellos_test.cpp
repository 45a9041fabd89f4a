// Hellos of real clients, recorded off the wire: tests/data/hello/*.txt open with what to expect.
#include <filesystem>
#include <fstream>
#include <sstream>

#include "lab/core/encoding.h"
#include "lab/tls/hello_facts.h"
#include "lab/tls/hello_sniffer.h"
#include "tests/support/catch.h"

namespace tls_recorded_hellos_test {

using namespace sni;

namespace {

struct Vector {
    std::string expect;
    std::vector<std::byte> wire;
};

Vector load(const std::filesystem::path& path) {
    std::ifstream file(path);
    Vector vector;
    std::string line, hex;
    std::getline(file, line);
    REQUIRE(line.starts_with("expect: "));
    vector.expect = line.substr(8);
    while (std::getline(file, line)) {
        if (!line.starts_with('#')) hex += line;
    }
    vector.wire = from_hex(hex).value();
    return vector;
}

/// In the words of the expect: line.
std::string described(const tls::HelloSniffer& sniffer) {
    const tls::ClientHello* hello = sniffer.hello();
    if (!hello) return std::string(to_string(sniffer.verdict()));
    const auto facts = tls::describe_hello(sniffer.message());
    REQUIRE(facts);
    std::ostringstream text;
    text << "hello " << (hello->server_name ? hello->server_name->text() : "-") << " alpn=";
    for (const std::string& name : facts->alpn) {
        text << (&name == facts->alpn.data() ? "" : ",") << name;
    }
    text << (facts->alpn.empty() ? "-" : "") << " versions=";
    for (const std::uint16_t& version : facts->supported_versions) {
        const std::byte bytes[] = {std::byte(version >> 8), std::byte(version & 0xff)};
        text << (&version == facts->supported_versions.data() ? "" : ",") << to_hex(bytes);
    }
    text << (facts->supported_versions.empty() ? "-" : "");
    return text.str();
}

}  // namespace

TEST_CASE("recorded first bytes of real clients read as they are", "[tls]") {
    std::size_t read = 0;
    for (const auto& entry :
         std::filesystem::directory_iterator(SNI_LAB_SOURCE_DIR "/tests/data/hello")) {
        CAPTURE(entry.path().filename().string());
        const Vector vector = load(entry.path());
        tls::HelloSniffer at_once(65'536);
        at_once.feed(vector.wire);
        CHECK(described(at_once) == vector.expect);

        tls::HelloSniffer slowly(65'536);
        for (const std::byte& byte : vector.wire) {
            if (slowly.feed(Bytes(&byte, 1)) != tls::Verdict::need_more) break;
        }
        CHECK(described(slowly) == vector.expect);
        ++read;
    }
    CHECK(read >= 11);
}

}  // namespace tls_recorded_hellos_test
