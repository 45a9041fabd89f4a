#include "lab/witness/handshake.h"

#include <algorithm>
#include <array>
#include <utility>

#include "certs/digest.h"
#include "lab/core/dns_name.h"
#include "lab/core/encoding.h"
#include "lab/tls/cipher_suites.h"
#include "lab/tls/client_hello.h"
#include "lab/tls/code_points.h"
#include "lab/tls/ja4.h"
#include "lab/tls/names.h"

namespace sni::witness {

namespace {

/// Who has not begun with TLS after so much will not.
constexpr std::uint64_t kMostBefore = 64u << 10;
/// Bytes that seem to begin a hello and do not are no accident then.
constexpr unsigned kMostTried = 16;
/// Of what a client chose.
constexpr std::size_t kKeptName = 255;
constexpr std::size_t kKeptAlpn = 256;
/// The lists of a larger hello, which the client chooses, cost too much time to sort.
constexpr std::size_t kMostFingerprinted = 8u << 10;
constexpr std::uint16_t kTls13 = 0x0304;

/// How surely bytes begin a record with that handshake message. What is behind all of these is no
/// accident: type and version of a record, its length, type and length of the message, and the
/// message's own version (RFC 8446 §5.1, §4, §4.1.2).
enum class Begins { no, perhaps, yes };
Begins begins_message(Bytes bytes, std::uint8_t type) {
    constexpr std::size_t kTelling = 11;
    constexpr unsigned kMostRecord = 16'384;
    constexpr unsigned kLeastMessage = 38;  // version, random, session id and what was chosen
    std::array<unsigned, kTelling> b{};
    const std::size_t there = std::min(bytes.size(), kTelling);
    for (std::size_t i = 0; i < there; ++i) {
        b[i] = std::to_integer<unsigned>(bytes[i]);
    }
    const auto is = [&](std::size_t at, bool right) { return at >= there || right; };
    const bool so_far =
        is(0, b[0] == tls::content_type::kHandshake) && is(1, b[1] == 3) && is(2, b[2] <= 4) &&
        is(4, b[3] * 256 + b[4] <= kMostRecord) && is(5, b[5] == type) && is(6, b[6] == 0) &&
        is(8, b[7] * 256 + b[8] >= kLeastMessage) && is(9, b[9] == 3) && is(10, b[10] <= 4);
    if (!so_far) return Begins::no;
    return there == kTelling ? Begins::yes : Begins::perhaps;
}

/// Where such a message begins in `bytes`, if one does; else where its beginning may be cut off.
std::size_t find_message(Bytes bytes, std::uint8_t type) {
    constexpr std::byte kFirst{tls::content_type::kHandshake};
    auto at = std::ranges::find(bytes, kFirst);
    while (at != bytes.end() && begins_message({at, bytes.end()}, type) == Begins::no) {
        at = std::find(at + 1, bytes.end(), kFirst);
    }
    return static_cast<std::size_t>(at - bytes.begin());
}

/// Names are the same in any case (RFC 4343).
/// What is no text has a spelling, so that JSON has the same: names are asked for by it.
std::string kept_name(std::string_view name) {
    std::string kept = to_lower_ascii(name.substr(0, kKeptName));
    if (printable(kept) != kept) {
        std::ranges::replace_if(kept, [](char c) { return c < ' ' || c > '~'; }, '?');
    }
    return kept;
}

/// Below TLS 1.3 that none was handed out is known behind the handshake, not in the midst of it.
std::optional<bool> ticket_of(const tls::ServerFacts& facts, bool read_to_its_end) {
    if (facts.session_ticket == false && !read_to_its_end) return std::nullopt;
    return facts.session_ticket;
}

/// An empty one asks for a ticket (RFC 5077 §3.2).
bool offers_ticket(const tls::HelloFacts& hello) {
    const auto found = std::ranges::find(hello.extensions, tls::extension::kSessionTicket,
                                         &tls::HelloExtension::type);
    return found != hello.extensions.end() && found->bytes > 0;
}

/// As many of the names as are kept, whole ones only.
std::vector<std::string> kept(std::vector<std::string> names) {
    std::size_t room = kKeptAlpn;
    const auto first_left_out = std::ranges::find_if(names, [&](const std::string& name) {
        if (name.size() > room) return true;
        room -= name.size();
        return false;
    });
    names.erase(first_left_out, names.end());
    return names;
}

}  // namespace

void Handshake::up(Bytes bytes) {
    if (done_ || bytes.empty()) return;
    if (client_) {
        client_->feed(bytes);
    } else {
        look_for_hello(bytes);
        done_ = done_ || (!client_ && up_before_ > kMostBefore);
    }
    look_whether_done();
}

/// A hello may be in records of any size where TLS begins with a read; elsewhere its first eleven
/// bytes have to be as they nearly always are.
void Handshake::look_for_hello(Bytes read) {
    const bool continues = !start_.empty();
    if (!continues && begins_hello(read)) return;
    start_.insert(start_.end(), read.begin(), read.end());
    const std::vector<std::byte> all = std::exchange(start_, {});
    for (Bytes rest = all; !rest.empty();) {
        const std::size_t at = find_message(rest, tls::handshake_type::kClientHello);
        up_before_ += at;
        rest = rest.subspan(at);
        if (rest.empty()) return;
        if (begins_message(rest, tls::handshake_type::kClientHello) == Begins::perhaps) {
            start_.assign(rest.begin(), rest.end());
            return;
        }
        if (begins_hello(rest)) return;
        if (++tried_ == kMostTried) {
            done_ = true;
            return;
        }
        ++up_before_;
        rest = rest.subspan(1);
    }
}

/// As far as all that has come tells.
bool Handshake::begins_hello(Bytes at) {
    if (at.front() != std::byte{tls::content_type::kHandshake}) return false;
    client_.emplace().feed(at);
    if (client_->ended() && client_->hellos().empty()) client_.reset();
    return client_.has_value();
}

void Handshake::down(Bytes bytes) {
    if (done_ || bytes.empty()) return;
    if (client_ && !server_began_) {
        // It may answer what the client said in advance.
        const auto first = std::to_integer<std::uint8_t>(bytes.front());
        const bool record = first >= tls::content_type::kChangeCipherSpec &&
                            first <= tls::content_type::kApplicationData;
        const std::size_t before =
            record ? 0 : find_message(bytes, tls::handshake_type::kServerHello);
        server_waits_ += before;
        bytes = bytes.subspan(before);
        server_began_ = !bytes.empty();
        if (server_began_) down_before_ += server_waits_;
        done_ = server_waits_ > kMostBefore;
    } else if (!client_) {
        down_before_ += bytes.size();
        return;
    }
    if (server_began_) server_.feed(bytes);
    look_whether_done();
}

/// A client sends its second hello before the server says more, if at all.
void Handshake::look_whether_done() {
    if (!client_) return;
    const bool no_hello = client_->ended() && client_->hellos().empty();
    done_ = done_ || no_hello || (server_.done() && !client_->hellos().empty());
}

void Handshake::tell(proof::WitnessedSession& session, const Ja4Of& ja4) const {
    if (!client_ || client_->hellos().empty()) return;
    session.up_before_tls = up_before_;
    session.down_before_tls = down_before_;
    session.hellos.clear();
    bool ticket = false;
    for (const tls::HelloRecorder::Hello& hello : client_->hellos()) {
        const auto facts = tls::describe_hello(hello.message);
        const bool fingerprinted =
            facts && session.hellos.empty() && hello.message.size() <= kMostFingerprinted;
        if (fingerprinted) session.ja4 = ja4(hello.message);
        session.hellos.push_back({.sha256 = certs::sha256(hello.message),
                                  .bytes = hello.message.size(),
                                  .records = hello.records,
                                  .shape = fingerprinted ? tls::ja4_a(session.ja4)
                                           : facts       ? tls::ja4_a(*facts)
                                                         : std::string()});
        if (!facts) continue;
        session.early_data_offered |= facts->has(tls::extension::kEarlyData);
        ticket = ticket || offers_ticket(*facts);
        if (session.hellos.size() > 1) continue;
        if (facts->server_name) session.sni = kept_name(*facts->server_name);
        session.alpn = kept(facts->alpn);
    }
    if (const auto& facts = server_.facts()) {
        session.server = {.version = tls::version_name(facts->version),
                          .cipher_suite = tls::cipher_suite_name(facts->cipher_suite),
                          .group = facts->group ? tls::group_name(facts->group) : std::string(),
                          .pre_shared_key = facts->pre_shared_key,
                          .full = facts->full,
                          .extended_master_secret = facts->extended_master_secret,
                          .session_ticket = ticket_of(*facts, server_.done()),
                          .hello_sha256 = certs::sha256(facts->message)};
        const bool resumed = facts->version < kTls13 && !facts->full && server_.done();
        if (resumed) session.ticket_offered = ticket;
    }
}

}  // namespace sni::witness
