#include "lab/bench/load/wire.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "certs/openssl.h"

namespace sni::bench {

namespace {

constexpr std::size_t kPeriod = 65'521;

std::array<std::byte, 8> big_endian(std::uint64_t value) {
    std::array<std::byte, 8> wire{};
    for (std::size_t i = 0; i < wire.size(); ++i) {
        wire[wire.size() - 1 - i] = static_cast<std::byte>(value >> (8 * i));
    }
    return wire;
}

std::uint64_t number_of(std::span<const std::byte, 8> wire) {
    std::uint64_t value = 0;
    for (const std::byte byte : wire) {
        value = value << 8 | std::to_integer<std::uint64_t>(byte);
    }
    return value;
}

std::vector<std::byte> make_pattern() {
    std::vector<std::byte> pattern(kPeriod + kChunk);
    std::uint64_t state = 1;
    for (std::size_t i = 0; i < kPeriod; ++i) {
        state = state * 6'364'136'223'846'793'005u + 1'442'695'040'888'963'407u;
        pattern[i] = static_cast<std::byte>(state >> 56);
    }
    for (std::size_t i = kPeriod; i < pattern.size(); ++i) {
        pattern[i] = pattern[i - kPeriod];
    }
    return pattern;
}

}  // namespace

std::array<std::byte, kCommandBytes> encode(const Command& command) {
    std::array<std::byte, kCommandBytes> wire{};
    wire[0] = static_cast<std::byte>(command.ask);
    std::ranges::copy(big_endian(command.bytes), wire.begin() + 1);
    return wire;
}

Command decode(std::span<const std::byte, kCommandBytes> wire) {
    return {.ask = static_cast<Ask>(wire[0]), .bytes = number_of(wire.last<8>())};
}

std::array<std::byte, kVerdictBytes> encode_verdict(std::uint64_t good) {
    return big_endian(good);
}

std::uint64_t decode_verdict(std::span<const std::byte, kVerdictBytes> wire) {
    return number_of(wire);
}

Bytes pattern_at(std::uint64_t offset) {
    static const std::vector<std::byte> pattern = make_pattern();
    return Bytes(pattern).subspan(offset % kPeriod, kChunk);
}

bool matches(Bytes received, std::uint64_t offset) {
    return std::memcmp(received.data(), pattern_at(offset).data(), received.size()) == 0;
}

std::string hello_for(const std::string& name) {
    const certs::Owned<SSL_CTX, SSL_CTX_free> context(
        certs::check(SSL_CTX_new(TLS_client_method()), "set up a TLS client"));
    const certs::Owned<SSL, SSL_free> ssl(
        certs::check(SSL_new(context.get()), "set up a TLS client"));
    BIO* in = certs::check(BIO_new(BIO_s_mem()), "make a memory BIO");
    BIO* out = certs::check(BIO_new(BIO_s_mem()), "make a memory BIO");
    SSL_set_bio(ssl.get(), in, out);  // owns both
    certs::check(static_cast<int>(SSL_set_tlsext_host_name(ssl.get(), name.c_str())), "set SNI");
    SSL_connect(ssl.get());  // wants an answer that never comes
    ERR_clear_error();
    return certs::text_of(out);
}

}  // namespace sni::bench
