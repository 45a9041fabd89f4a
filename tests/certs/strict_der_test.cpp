// Every certificate is DER to the letter, as strict readers demand: Go, Chromium and Python's
// cryptography refuse what OpenSSL, GnuTLS, Java and NSS still take.
#include <cstdlib>
#include <filesystem>
#include <functional>

#include "certs/issue.h"
#include "certs/openssl.h"
#include "certs/pem.h"
#include "lab/core/bytes.h"
#include "tests/support/catch.h"
#include "tests/support/certificates.h"
#include "tests/support/process.h"
#include "tests/support/temp_folder.h"

namespace sni::certs {
namespace {

enum Tag : unsigned char { kBoolean = 0x01, kOctetString = 0x04, kConstructed = 0x20 };

/// A SEQUENCE that fills `content`: what most extensions hold, and a digest hardly ever is.
bool is_sequence(Bytes content) {
    constexpr std::byte kSequence{0x30};
    return content.size() >= 2 && content[0] == kSequence &&
           static_cast<std::size_t>(content[1]) == content.size() - 2;
}

/// Calls `on_boolean` with the content of each BOOLEAN in `der`, those inside of OCTET STRINGs
/// (which is where extensions lie) included. False where the bytes are no sequence of whole
/// elements.
bool walk(Bytes der, const std::function<void(Bytes)>& on_boolean) {
    while (!der.empty()) {
        if (der.size() < 2) return false;
        const auto tag = static_cast<unsigned char>(der[0]);
        std::size_t length = static_cast<unsigned char>(der[1]);
        std::size_t head = 2;
        if (length >= 0x80) {
            const std::size_t octets = length & 0x7F;
            if (octets == 0 || octets > 3 || der.size() < 2 + octets) return false;
            length = 0;
            for (std::size_t i = 0; i < octets; ++i) {
                length = length << 8 | static_cast<unsigned char>(der[2 + i]);
            }
            head += octets;
        }
        if (der.size() - head < length) return false;
        const Bytes content = der.subspan(head, length);
        if (tag == kBoolean) on_boolean(content);
        if ((tag & kConstructed) != 0 && !walk(content, on_boolean)) return false;
        if (tag == kOctetString && is_sequence(content) && !walk(content, on_boolean)) return false;
        der = der.subspan(head + length);
    }
    return true;
}

std::vector<std::byte> der_of(const std::string& pem) {
    const auto certificates = read_certificates(pem);
    REQUIRE(certificates);
    unsigned char* bytes = nullptr;
    const int size = i2d_X509(certificates->front().get(), &bytes);
    REQUIRE(size > 0);
    const auto* const begin = reinterpret_cast<const std::byte*>(bytes);
    std::vector<std::byte> der(begin, begin + size);
    OPENSSL_free(bytes);
    return der;
}

/// Debian's own Python, whatever else is on the PATH.
constexpr const char* kPython = "/usr/bin/python3";

bool have_cryptography() {
    const bool found =
        std::filesystem::exists(kPython) &&
        test::run_program({kPython, "-c", "from cryptography import x509"}).status == 0;
    if (!found && std::getenv("SNI_LAB_REQUIRE_PEERS")) FAIL("python3-cryptography is missing");
    if (!found) WARN("not run: python3-cryptography is not installed (./run setup peers)");
    return found;
}

struct Made {
    const char* what;
    CertBundle bundle;
};

/// One of each kind that is ever issued.
std::vector<Made> one_of_each() {
    const CertBundle authority = test::lab_authority();
    CertRequest client = test::request_for({"a.example"});
    client.purpose = Purpose::client;
    CertRequest cn_only = test::request_for({"a.example"});
    cn_only.cn_only = true;
    const std::string long_name = std::string(60, 'a') + ".a.example";
    return {{"a lab CA", authority},
            {"a self-signed server", issue(test::request_for({"a.example", "::1"}))},
            {"a signed server", issue(test::request_for({"a.example"}), &authority)},
            {"a client", issue(client, &authority)},
            {"the tutorial's", issue(cn_only)},
            {"a long name", issue(test::request_for({long_name}))},
            {"a long name, signed", issue(test::request_for({long_name}), &authority)}};
}

}  // namespace

TEST_CASE("every BOOLEAN of a certificate is 00 or FF, and none says FALSE by itself", "[certs]") {
    for (const Made& made : one_of_each()) {
        CAPTURE(made.what);
        int booleans = 0;
        const std::vector<std::byte> der = der_of(made.bundle.cert_pem);
        CHECK(walk(der, [&](Bytes content) {
            ++booleans;
            REQUIRE(content.size() == 1);
            // All of X.509's have FALSE for default, and DER leaves a default out (X.690 §11.5).
            CHECK(content[0] == std::byte{0xFF});
        }));
        CHECK(booleans > 0);
    }
}

TEST_CASE("Python's cryptography reads every certificate, extensions and issuer included",
          "[certs]") {
    if (!have_cryptography()) return;
    const test::TempFolder folder;
    const std::string script =
        "import sys\n"
        "from cryptography import x509\n"
        "for file in sys.argv[1:]:\n"
        "    c = x509.load_pem_x509_certificate(open(file, 'rb').read())\n"
        "    names = [e.oid._name for e in c.extensions]\n"
        "    assert 'basicConstraints' in names, names\n"
        "    assert len(c.issuer.rdns) > 0\n";
    std::vector<std::string> command = {kPython, "-c", script};
    for (const Made& made : one_of_each()) {
        command.push_back((folder / std::to_string(command.size())).native());
        test::spill(command.back(), made.bundle.cert_pem);
    }
    const test::Finished read = test::run_program(command);
    INFO(read.err);
    CHECK(read.status == 0);
}

}  // namespace sni::certs
