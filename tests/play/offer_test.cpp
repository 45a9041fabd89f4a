#include "lab/play/offer.h"

#include <string>
#include <vector>

#include <openssl/ssl.h>

#include "certs/openssl.h"
#include "lab/tls/hello_sniffer.h"
#include "tests/support/catch.h"

namespace play_offer_test {

using namespace sni;
using scenario::HelloShape;

namespace {

/// The first flight of a client that offers what a check asks for.
std::string flight(const scenario::CheckClient& client) {
    const certs::Owned<SSL_CTX, SSL_CTX_free> context(SSL_CTX_new(TLS_client_method()));
    play::offer_of(client, nullptr, "a.example.com", std::nullopt)(context.get());
    const certs::Owned<SSL, SSL_free> ssl(SSL_new(context.get()));
    SSL_set_tlsext_host_name(ssl.get(), "a.example.com");
    BIO* const in = BIO_new(BIO_s_mem());
    BIO* const out = BIO_new(BIO_s_mem());
    SSL_set_bio(ssl.get(), in, out);
    SSL_connect(ssl.get());
    char* data = nullptr;
    const long size = BIO_get_mem_data(out, &data);
    return {data, static_cast<std::size_t>(size)};
}

std::string flight(HelloShape shape) {
    scenario::CheckClient client;
    client.hello = shape;
    return flight(client);
}

}  // namespace

TEST_CASE("every shape of a hello still names its server", "[play]") {
    const HelloShape shape = GENERATE(HelloShape::ordinary, HelloShape::many_records,
                                      HelloShape::grease, HelloShape::padded, HelloShape::late_name,
                                      HelloShape::large, HelloShape::post_quantum);
    CAPTURE(to_string(shape));
    const std::string bytes = flight(shape);
    tls::HelloSniffer sniffer(1u << 16);
    REQUIRE(sniffer.feed(as_bytes(bytes)) == tls::Verdict::hello);
    CHECK(sniffer.hello()->server_name->text() == "a.example.com");
}

TEST_CASE("shapes are what they are called", "[play]") {
    CHECK(flight(HelloShape::large).size() > 16'384);
    CHECK(flight(HelloShape::late_name).find("a.example.com") > 4'096);
    CHECK(flight(HelloShape::post_quantum).size() > 1'500);
    // A record is at most 512 bytes long, so the second one begins there.
    const std::string cut = flight(HelloShape::many_records);
    REQUIRE(cut.size() > 600);
    CHECK(cut.substr(517, 2) == "\x16\x03");
    CHECK(flight(HelloShape::grease).contains("\x1A\x1A"));
}

TEST_CASE("a random ALPN token is another one each time", "[play]") {
    scenario::CheckClient client;
    client.alpn = {"random", "http/1.1"};
    const auto token = [&] {
        const std::vector<std::string> names = play::alpn_of(client);
        REQUIRE(names.size() == 2);
        CHECK(names[1] == "http/1.1");
        return names[0];
    };
    CHECK(token().starts_with("sni-lab-"));
    CHECK(token().size() == 24);
    CHECK(token() != token());
}

}  // namespace play_offer_test
