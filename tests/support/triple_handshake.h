// Who has the service's RSA key and makes one master secret of two handshakes, where neither end
// insists on extended_master_secret (RFC 7627 §1): TLS 1.2, RSA key exchange, AES-128-GCM. Both
// ends agree on all secrets, and not on what was said.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/rsa.h>

#include "certs/digest.h"
#include "certs/openssl.h"
#include "certs/pem.h"
#include "tests/support/splice.h"

namespace sni::test {

class TripleHandshake {
  public:
    TripleHandshake(Peer& client, Peer& service, const certs::KeyPem& key)
        : client_(client), service_(service), key_(certs::read_private_key(key).value()) {}

    /// Until both are done; throws where either says what was not foreseen.
    void play() {
        pass_on_plain(client_, service_, kClientHello);
        pass_on_plain(service_, client_, kServerHelloDone);
        const Buffer exchange = record_of(client_);
        Buffer secret = decrypted(Buffer(exchange.begin() + 11, exchange.end()));
        Buffer again = bytes_of(std::string_view("\x10\0\1\2\1\0", 6)) + encrypted(secret);
        add(heard_, Bytes(exchange).subspan(5));
        add(said_, again);
        service_.send(header(22, again.size()) + again);
        derive(secret);
        service_.send(record_of(client_));  // ChangeCipherSpec
        finish(client_, service_, "client finished", heard_, said_, 0);
        Buffer next = record_of(service_);
        if (next[0] == std::byte{22}) {  // NewSessionTicket
            add(heard_, Bytes(next).subspan(5));
            add(said_, Bytes(next).subspan(5));
            client_.send(next);
            next = record_of(service_);
        }
        client_.send(next);
        finish(service_, client_, "server finished", said_, heard_, 1);
        splice(client_, service_);
    }

  private:
    static constexpr std::byte kClientHello{1};
    static constexpr std::byte kServerHelloDone{14};
    static constexpr std::size_t kKey = 16;
    static constexpr std::size_t kTag = 16;
    static constexpr std::size_t kNonce = 8;

    static unsigned char* raw(Buffer& bytes) {
        return reinterpret_cast<unsigned char*>(bytes.data());
    }
    static void add(Buffer& to, Bytes bytes) { to.insert(to.end(), bytes.begin(), bytes.end()); }
    static Buffer header(std::uint8_t type, std::size_t size) {
        return {std::byte{type}, std::byte{3}, std::byte{3}, static_cast<std::byte>(size >> 8),
                static_cast<std::byte>(size & 0xff)};
    }
    static Buffer record_of(Peer& from) {
        const Buffer head = from.read(5);
        if (head.size() < 5) throw std::runtime_error("no record");
        return head + from.read(std::to_integer<std::size_t>(head[3]) * 256 +
                                std::to_integer<std::size_t>(head[4]));
    }

    /// Whole messages, one or more in a record, up to one of the type `last`.
    void pass_on_plain(Peer& from, Peer& to, std::byte last) {
        for (bool done = false; !done;) {
            const Buffer record = record_of(from);
            to.send(record);
            const Bytes messages = Bytes(record).subspan(5);
            add(heard_, messages);
            add(said_, messages);
            for (std::size_t at = 0; at + 4 <= messages.size();) {
                done = messages[at] == last;
                // Both hellos have their random behind version: RFC 5246 §7.4.1.
                if (messages[at] == std::byte{1}) add(client_random_, messages.subspan(at + 6, 32));
                if (messages[at] == std::byte{2}) add(server_random_, messages.subspan(at + 6, 32));
                at += 4 + std::to_integer<std::size_t>(messages[at + 1]) * 65'536 +
                      std::to_integer<std::size_t>(messages[at + 2]) * 256 +
                      std::to_integer<std::size_t>(messages[at + 3]);
            }
        }
    }

    Buffer decrypted(Buffer bytes) const {
        return rsa(EVP_PKEY_decrypt_init, EVP_PKEY_decrypt, bytes);
    }
    Buffer encrypted(Buffer bytes) const {
        return rsa(EVP_PKEY_encrypt_init, EVP_PKEY_encrypt, bytes);
    }
    Buffer rsa(int (*init)(EVP_PKEY_CTX*),
               int (*run)(EVP_PKEY_CTX*, unsigned char*, std::size_t*, const unsigned char*,
                          std::size_t),
               Buffer& bytes) const {
        const certs::Owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free> context(
            EVP_PKEY_CTX_new(key_.get(), nullptr));
        Buffer out(512);
        std::size_t size = out.size();
        init(context.get());
        EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_PADDING);
        certs::check(run(context.get(), raw(out), &size, raw(bytes), bytes.size()), "use RSA");
        out.resize(size);
        return out;
    }

    /// RFC 5246 §5.
    Buffer prf(Buffer secret, std::string_view label, Bytes seed, std::size_t size) const {
        const certs::Owned<EVP_KDF, EVP_KDF_free> kdf(EVP_KDF_fetch(nullptr, "TLS1-PRF", nullptr));
        const certs::Owned<EVP_KDF_CTX, EVP_KDF_CTX_free> context(EVP_KDF_CTX_new(kdf.get()));
        Buffer labelled = bytes_of(label);
        add(labelled, seed);
        std::string digest = "SHA256";
        const std::array<OSSL_PARAM, 4> parameters = {
            OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest.data(), 0),
            OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SECRET, secret.data(), secret.size()),
            OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SEED, labelled.data(),
                                              labelled.size()),
            OSSL_PARAM_construct_end()};
        Buffer out(size);
        certs::check(EVP_KDF_derive(context.get(), raw(out), out.size(), parameters.data()),
                     "derive");
        return out;
    }

    void derive(const Buffer& premaster) {
        master_ = prf(premaster, "master secret", client_random_ + server_random_, 48);
        const Buffer block = prf(master_, "key expansion", server_random_ + client_random_, 40);
        for (std::size_t i = 0; i < 2; ++i) {  // the client's, the server's
            const auto key = block.begin() + static_cast<std::ptrdiff_t>(i * kKey);
            const auto salt = block.begin() + static_cast<std::ptrdiff_t>(2 * kKey + i * 4);
            keys_[i] = Buffer(key, key + kKey);
            salts_[i] = Buffer(salt, salt + 4);
        }
    }

    /// A Finished of `from`, as it would be if `to` had heard what `from` has.
    void finish(Peer& from, Peer& to, std::string_view label, Buffer& of_sender,
                Buffer& of_receiver, std::size_t whose) {
        const Buffer record = record_of(from);
        const Buffer nonce(record.begin() + 5, record.begin() + 5 + kNonce);
        const auto message = [&](const Buffer& heard) {
            return bytes_of(std::string_view("\x14\0\0\x0c", 4)) +
                   prf(master_, label, certs::sha256(heard), 12);
        };
        const Buffer theirs = message(of_sender);
        Buffer ours = message(of_receiver);
        if (sealed(theirs, nonce, whose) != Buffer(record.begin() + 5 + kNonce, record.end()))
            throw std::runtime_error("these are not the secrets");
        to.send(header(22, kNonce + ours.size() + kTag) + nonce + sealed(ours, nonce, whose));
        add(of_sender, theirs);
        add(of_receiver, ours);
    }

    /// The first record of a direction (RFC 5288 §3).
    Buffer sealed(Buffer text, const Buffer& nonce, std::size_t whose) const {
        const certs::Owned<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free> context(EVP_CIPHER_CTX_new());
        Buffer key = keys_[whose];
        Buffer iv = salts_[whose] + nonce;
        Buffer bound = Buffer(8) + header(22, text.size());
        Buffer out(text.size() + kTag);
        int size = 0;
        EVP_EncryptInit_ex(context.get(), EVP_aes_128_gcm(), nullptr, raw(key), raw(iv));
        EVP_EncryptUpdate(context.get(), nullptr, &size, raw(bound),
                          static_cast<int>(bound.size()));
        EVP_EncryptUpdate(context.get(), raw(out), &size, raw(text), static_cast<int>(text.size()));
        EVP_EncryptFinal_ex(context.get(), raw(out) + size, &size);
        EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, kTag, raw(out) + text.size());
        return out;
    }

    Peer& client_;
    Peer& service_;
    const certs::PkeyPtr key_;
    Buffer heard_;  ///< all messages, as the client has them
    Buffer said_;   ///< and as the service has
    Buffer client_random_;
    Buffer server_random_;
    Buffer master_;
    std::array<Buffer, 2> keys_;
    std::array<Buffer, 2> salts_;
};

}  // namespace sni::test
