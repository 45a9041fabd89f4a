// Whoever passes everything through and still reads along (A4): with nothing but the bytes of both
// directions and the certificate's key, which is enough where the key exchange has no forward
// secrecy. TLS 1.2 with RSA key exchange and AES-GCM; everything else stays closed to it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "certs/issue.h"
#include "lab/core/bytes.h"
#include "lab/tls/frames.h"

namespace sni::gateways {

class StaticRsaReader {
  public:
    explicit StaticRsaReader(const certs::KeyPem& key);
    ~StaticRsaReader();
    StaticRsaReader(const StaticRsaReader&) = delete;
    StaticRsaReader& operator=(const StaticRsaReader&) = delete;

    /// What passes, in the order in which it passes.
    void from_client(Bytes bytes);
    void from_backend(Bytes bytes);

    /// What the client said inside TLS, as far as it could be read.
    const std::string& overheard() const { return overheard_; }

  private:
    /// One direction's bytes on their way to being whole records and messages.
    struct Direction {
        tls::RecordCutter records;
        tls::MessageCutter messages;
        bool encrypted = false;  // its ChangeCipherSpec has passed
        std::uint64_t sequence = 0;
    };
    struct Keys;

    void take(Direction& direction, Bytes bytes);
    void take_record(Direction& direction, std::uint8_t type, Bytes content);
    void take_message(std::uint8_t type, Bytes message);
    void derive_keys(Bytes encrypted_secret);
    void read_along(std::uint8_t type, Bytes sealed);

    std::unique_ptr<Keys> keys_;
    Direction client_;
    Direction backend_;
    std::vector<std::byte> transcript_;
    std::vector<std::byte> client_random_;
    std::vector<std::byte> server_random_;
    std::uint16_t suite_ = 0;
    bool extended_master_secret_ = false;
    std::string overheard_;
};

}  // namespace sni::gateways
