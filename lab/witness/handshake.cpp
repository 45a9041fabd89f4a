#include "lab/witness/handshake.h"

#include <algorithm>

#include "certs/digest.h"
#include "lab/core/dns_name.h"
#include "lab/tls/client_hello.h"
#include "lab/tls/code_points.h"
#include "lab/tls/ja4.h"
#include "lab/tls/names.h"

namespace sni::witness {

namespace {

/// Who has not begun with TLS after so much will not.
constexpr std::uint64_t kMostBefore = 64u << 10;
/// Of what a client chose.
constexpr std::size_t kKeptName = 255;
constexpr std::size_t kKeptAlpn = 256;
/// The lists of a larger hello, which the client chooses, cost too much time to sort.
constexpr std::size_t kMostFingerprinted = 8u << 10;

/// Names are the same in any case (RFC 4343).
std::string kept_name(std::string_view name) {
    return to_lower_ascii(name.substr(0, kKeptName));
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
    if (!client_) {
        if (bytes.front() != std::byte{tls::content_type::kHandshake}) {
            up_before_ += bytes.size();
            done_ = up_before_ > kMostBefore;
            return;
        }
        client_.emplace();
    }
    client_->feed(bytes);
    look_whether_done();
}

void Handshake::down(Bytes bytes) {
    if (done_) return;
    if (!client_) {
        down_before_ += bytes.size();
        return;
    }
    server_.feed(bytes);
    look_whether_done();
}

/// A client sends its second hello before the server says more, if at all.
void Handshake::look_whether_done() {
    if (!client_) return;
    const bool no_hello = client_->ended() && client_->hellos().empty();
    done_ = no_hello || (server_.done() && !client_->hellos().empty());
}

void Handshake::tell(proof::WitnessedSession& session) const {
    if (!client_ || client_->hellos().empty()) return;
    session.up_before_tls = up_before_;
    session.down_before_tls = down_before_;
    session.hellos.clear();
    for (const tls::HelloRecorder::Hello& hello : client_->hellos()) {
        const auto facts = tls::describe_hello(hello.message);
        const bool fingerprinted =
            facts && session.hellos.empty() && hello.message.size() <= kMostFingerprinted;
        if (fingerprinted) session.ja4 = tls::ja4(*facts, certs::sha256);
        session.hellos.push_back({.sha256 = certs::sha256(hello.message),
                                  .bytes = hello.message.size(),
                                  .records = hello.records,
                                  .shape = fingerprinted ? tls::ja4_a(session.ja4)
                                           : facts       ? tls::ja4_a(*facts)
                                                         : std::string()});
        if (!facts) continue;
        session.early_data_offered |= facts->has(tls::extension::kEarlyData);
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
                          .hello_sha256 = certs::sha256(facts->message)};
    }
}

}  // namespace sni::witness
