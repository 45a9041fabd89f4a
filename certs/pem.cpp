#include "certs/pem.h"

#include <algorithm>

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>

namespace sni::certs {

namespace {

/// One PEM block; wiped when it goes, since it may be a key that was passed over.
struct Block {
    char* label = nullptr;
    char* header = nullptr;
    unsigned char* data = nullptr;
    long size = 0;

    Block() = default;
    Block(const Block&) = delete;
    Block& operator=(const Block&) = delete;
    ~Block() {
        OPENSSL_free(label);
        OPENSSL_free(header);
        OPENSSL_clear_free(data, static_cast<std::size_t>(size));
    }

    bool read_from(BIO* text) { return PEM_read_bio(text, &label, &header, &data, &size) == 1; }
    bool is_certificate() const {
        const std::string_view kind(label);
        return kind == PEM_STRING_X509 || kind == PEM_STRING_X509_OLD;
    }
};

/// What is in another form than PEM, with the command that makes PEM of it; empty: none is known.
std::string binary_form(std::string_view bytes) {
    const auto read = [&](auto* d2i) {
        const auto* at = reinterpret_cast<const unsigned char*>(bytes.data());
        return d2i(nullptr, &at, static_cast<long>(bytes.size()));
    };
    std::string form;
    if (const X509Ptr certificate(read(d2i_X509)); certificate) {
        form = "this is a certificate in DER form; openssl x509 -in FILE -out NEW makes it PEM";
    } else if (const Pkcs12Ptr store(read(d2i_PKCS12)); store) {
        form = "this is PKCS#12; openssl pkcs12 -in FILE -nodes -out NEW makes it PEM";
    } else if (const PkeyPtr key(read(d2i_AutoPrivateKey)); key) {
        form = "this is a private key in DER form; openssl pkey -in FILE -out NEW makes it PEM";
    }
    ERR_clear_error();
    return form;
}

/// What a file without a certificate, or without a key, may hold instead.
std::string wrong_kind(std::string_view pem, std::string_view wanted) {
    if (pem.empty()) return "the file is empty";
    if (pem.contains("-----BEGIN OPENSSH PRIVATE KEY-----")) {
        return "this is a key in OpenSSH's own format; convert it with ssh-keygen -p -m PKCS8 -f "
               "FILE";
    }
    if (pem.contains("PRIVATE KEY-----")) {
        return fmt::format("this is a private key, not a {}", wanted);
    }
    if (pem.contains("-----BEGIN CERTIFICATE REQUEST-----")) {
        return fmt::format("this is a certificate request, not a {}", wanted);
    }
    if (pem.contains("-----BEGIN CERTIFICATE-----")) {
        return fmt::format("this is a certificate, not a {}", wanted);
    }
    if (pem.contains("-----BEGIN PUBLIC KEY-----")) {
        return fmt::format("this is a public key, not a {}", wanted);
    }
    const std::string form = binary_form(pem);
    return form.empty() ? fmt::format("there is no {} in PEM form in it", wanted) : form;
}

/// OpenSSL would ask the terminal otherwise. `asked` is a bool.
int refuse_password(char* /*buffer*/, int /*size*/, int /*writing*/, void* asked) {
    *static_cast<bool*>(asked) = true;
    return -1;
}

}  // namespace

Result<std::vector<X509Ptr>, std::string> read_certificates(std::string_view pem) {
    ERR_clear_error();
    const BioPtr text = reader_of(pem);
    std::vector<X509Ptr> certificates;
    while (true) {
        Block block;
        if (!block.read_from(text.get())) {
            const int reason = ERR_GET_REASON(ERR_peek_last_error());
            if (reason == PEM_R_NO_START_LINE) break;
            return std::unexpected(fmt::format("certificate {} in it is broken: {}",
                                               certificates.size() + 1, drain_errors()));
        }
        if (!block.is_certificate()) continue;
        const unsigned char* at = block.data;
        X509Ptr certificate(d2i_X509(nullptr, &at, block.size));
        const bool whole = certificate != nullptr && at == block.data + block.size;
        if (!whole) {
            const std::string why = drain_errors();
            return std::unexpected(fmt::format("certificate {} in it is broken: {}",
                                               certificates.size() + 1,
                                               why.empty() ? "there are bytes behind it" : why));
        }
        certificates.push_back(std::move(certificate));
    }
    ERR_clear_error();
    if (certificates.empty()) return std::unexpected(wrong_kind(pem, "certificate"));
    return certificates;
}

Result<PkeyPtr, std::string> read_private_key(const KeyPem& pem) {
    ERR_clear_error();
    const BioPtr text = reader_of(pem.reveal());
    bool asked = false;
    PkeyPtr key(PEM_read_bio_PrivateKey(text.get(), nullptr, refuse_password, &asked));
    const std::string why = drain_errors();
    if (key) return key;
    if (asked) {
        return std::unexpected(
            "the private key is encrypted; take the password off with openssl pkey -in FILE -out "
            "NEW");
    }
    const bool is_key =
        pem.reveal().contains("PRIVATE KEY-----") && !pem.reveal().contains("BEGIN OPENSSH");
    if (!is_key) return std::unexpected(wrong_kind(pem.reveal(), "private key"));
    return std::unexpected(fmt::format("the private key is broken: {}", why));
}

std::optional<std::size_t> owner_of(const std::vector<X509Ptr>& certificates, const EVP_PKEY* key) {
    const auto own = std::ranges::find_if(certificates, [&](const X509Ptr& certificate) {
        return X509_check_private_key(certificate.get(), key) == 1;
    });
    ERR_clear_error();
    if (own == certificates.end()) return std::nullopt;
    return static_cast<std::size_t>(own - certificates.begin());
}

std::string to_pem(X509* certificate) {
    const BioPtr text(check(BIO_new(BIO_s_mem()), "write to memory"));
    check(PEM_write_bio_X509(text.get(), certificate), "write a certificate as PEM");
    return text_of(text.get());
}

KeyPem to_pem(EVP_PKEY* private_key) {
    const BioPtr text(check(BIO_new(BIO_s_secmem()), "write to memory"));
    check(PEM_write_bio_PKCS8PrivateKey(text.get(), private_key, nullptr, nullptr, 0, nullptr,
                                        nullptr),
          "write a private key as PEM");
    return KeyPem(text_of(text.get()));
}

}  // namespace sni::certs
