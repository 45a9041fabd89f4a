#include "lab/tls/server_hello.h"

#include <algorithm>
#include <array>
#include <cassert>

#include "lab/tls/cipher_suites.h"
#include "lab/tls/code_points.h"
#include "lab/tls/hello_view.h"

namespace sni::tls {

namespace {

constexpr std::size_t kMostFed = 128u << 10;  // a chain of certificates, and much more
constexpr std::uint16_t kTls13 = 0x0304;

/// The random of a ServerHello that is a HelloRetryRequest (RFC 8446 §4.1.3).
constexpr auto kRetryRandom =
    std::to_array<std::uint8_t>({0xCF, 0x21, 0xAD, 0x74, 0xE5, 0x9A, 0x61, 0x11, 0xBE, 0x1D, 0x8C,
                                 0x02, 0x1E, 0x65, 0xB8, 0x91, 0xC2, 0xA2, 0x11, 0x16, 0x7A, 0xBB,
                                 0x8C, 0x5E, 0x07, 0x9E, 0x09, 0xE2, 0xC8, 0xA8, 0x33, 0x9C});

/// Of a record with alerts, by the first of them (RFC 5246 §7.2).
bool is_warning(Bytes record) {
    constexpr std::byte kWarning{1};
    return record.size() > RecordCutter::kHeaderBytes &&
           record[RecordCutter::kHeaderBytes] == kWarning;
}

/// The curve of a ServerKeyExchange with ECDHE (RFC 8422 §5.4): a type, which is named_curve, and
/// the group; with a PSK a hint comes first (RFC 5489 §2). 0 for suites that put something else
/// there.
std::uint16_t curve_of(Bytes key_exchange, std::uint16_t suite) {
    constexpr std::uint8_t kNamedCurve = 3;
    constexpr std::uint16_t kFirstEcc = 0xC001;
    ByteReader reader(key_exchange);
    if (has_psk_hint(suite)) reader.vec16();
    const bool named = reader.u8() == kNamedCurve;
    const std::uint16_t group = reader.u16();
    return suite >= kFirstEcc && named && reader.ok() ? group : 0;
}

}  // namespace

void ServerHelloReader::feed(Bytes more) {
    if (done_) return;
    assert(fed_ < kMostFed && "it gives up with the last byte that it takes");
    const Bytes taken = more.first(std::min(more.size(), kMostFed - fed_));
    fed_ += taken.size();
    records_.feed(taken, [this](std::uint8_t type, Bytes record) {
        if (!done_) take_record(type, record);
    });
    if (!done_ && fed_ == kMostFed) give_up();
    if (!done_) return;
    records_ = {};
    messages_ = {};
}

void ServerHelloReader::take_record(std::uint8_t type, Bytes record) {
    switch (type) {
        case content_type::kHandshake:
            messages_.feed(record.subspan(RecordCutter::kHeaderBytes),
                           [this](std::uint8_t what, Bytes message) {
                               if (!done_) take_message(what, message);
                           });
            return;
        case content_type::kChangeCipherSpec:
            // TLS 1.3 puts one that means nothing behind a HelloRetryRequest; in TLS 1.2 it ends
            // what can be read, and before a Certificate it is a resumption's.
            done_ = facts_.has_value();
            return;
        case content_type::kAlert:
            // A warning may come at any time (RFC 6066 §3: unrecognized_name); all else is the end.
            if (!is_warning(record)) give_up();
            return;
        default:
            give_up();
    }
}

void ServerHelloReader::give_up() {
    done_ = true;
    if (facts_ && facts_->session_ticket == false) facts_->session_ticket.reset();
}

void ServerHelloReader::take_message(std::uint8_t type, Bytes message) {
    // Clients pass over one that comes amid a handshake (RFC 5246 §7.4.1.1), whoever put it there.
    if (type == handshake_type::kHelloRequest && message.size() == MessageCutter::kHeaderBytes)
        return;
    if (!facts_) {
        if (type == handshake_type::kServerHello) return take_hello(message);
        done_ = true;
        return;
    }
    const Bytes body = message.subspan(MessageCutter::kHeaderBytes);
    switch (type) {
        case handshake_type::kCertificate:
        case handshake_type::kCertificateStatus:
            facts_->full = true;
            return;
        case handshake_type::kServerKeyExchange:
            facts_->full = true;
            facts_->group = curve_of(body, facts_->cipher_suite);
            return;
        case handshake_type::kNewSessionTicket: {
            ByteReader reader(body);
            reader.bytes(4);  // how long it lasts; an empty one is none (RFC 5077 §3.3)
            if (!reader.vec16().empty() || !reader.ok()) facts_->session_ticket = true;
            return;
        }
        default:
            return;
    }
}

void ServerHelloReader::take_hello(Bytes message) {
    ByteReader reader(message.subspan(MessageCutter::kHeaderBytes));
    ServerFacts facts;
    facts.version = reader.u16();
    const Bytes random = reader.bytes(32);
    const bool retry = std::ranges::equal(random, kRetryRandom, {}, [](std::byte byte) {
        return std::to_integer<std::uint8_t>(byte);
    });
    reader.vec8();  // session id
    facts.cipher_suite = reader.u16();
    reader.u8();  // compression
    if (!reader.ok()) {
        done_ = true;
        return;
    }
    ByteReader extensions = reader.vec16();
    while (const auto extension = next_extension(extensions)) {
        ByteReader data(extension->data);
        if (extension->type == extension::kSupportedVersions) facts.version = data.u16();
        if (extension->type == extension::kKeyShare) facts.group = data.u16();
        if (extension->type == extension::kPreSharedKey) facts.pre_shared_key = true;
        if (extension->type == extension::kExtendedMasterSecret)
            facts.extended_master_secret = true;
    }
    if (retry) return;
    facts.message.assign(message.begin(), message.end());
    if (facts.version >= kTls13) {
        facts.full = !facts.pre_shared_key;
        done_ = true;
    }
    facts_ = std::move(facts);
}

}  // namespace sni::tls
