// What a session leaves behind: its entry among the recent sessions, the counters, and a line of
// the log for each request, or one that says why there was none.
#include <chrono>
#include <utility>

#include "certs/digest.h"
#include "lab/backend/access_line.h"
#include "lab/backend/session.h"
#include "lab/tls/client_hello.h"
#include "lab/tls/first_bytes.h"

namespace sni::backend {

namespace {

/// What came instead of TLS, in tls::spoken_in()'s words; empty for what may be TLS.
std::string_view instead_of_tls(Bytes bytes) {
    constexpr std::byte kHandshakeRecord{22};
    if (bytes.empty() || bytes.front() == kHandshakeRecord) return {};
    const std::string_view word = tls::spoken_in(bytes);
    return word == "tls" ? std::string_view() : word;
}

}  // namespace

/// Once for each outcome, and not before a whole ClientHello while there may still be one.
void Session::report(SeenSession::Outcome outcome, std::string reason) {
    if (!tls_ || (seen_ && seen_->outcome == outcome)) return;
    const auto& hellos = tls_->record().hellos();
    const bool early = outcome == SeenSession::Outcome::handshaking && hellos.empty();
    const bool silent = tls_->wire().received() == 0;
    if (early || silent) return;
    if (!seen_) {
        const auto now = std::chrono::system_clock::now();
        seen_ = {.time = std::chrono::floor<std::chrono::seconds>(now), .peer = connection_.peer};
        if (const auto& proxy = connection_.proxy) {
            seen_->peer = proxy->from;
            if (proxy->header.addresses) seen_->proxy_source = proxy->header.addresses->source;
        }
        if (!hellos.empty()) {
            constexpr std::size_t kMessageHeader = 4;
            const Bytes message = hellos.front().message;
            tls::ClientHello hello;
            // Whatever is wrong with it, OpenSSL has the say; the name is told when it was reached.
            static_cast<void>(tls::read_client_hello(message.subspan(kMessageHeader),
                                                     tls::TrailingDot::refuse, hello));
            seen_->sni = hello.name_to_keep();
            seen_->hello_sha256 = certs::sha256(message);
        }
    }
    seen_->outcome = outcome;
    seen_->reason = std::move(reason);
    Activity& activity = service_.activity;
    if (outcome == SeenSession::Outcome::failed) {
        ++activity.failed;
        log_failure(seen_->reason,
                    hellos.empty() ? tls_->wire().first_bytes() : std::vector<std::byte>());
    }
    if (const auto& tls = connection_.tls; tls && outcome == SeenSession::Outcome::established) {
        seen_->version = tls->version;
        ++activity.established;
        if (tls->resumed) ++activity.resumed;
    }
    if (seen_number_ == 0) {
        seen_number_ = activity.sessions.add(*seen_);
    } else {
        activity.sessions.set(seen_number_, *seen_);
    }
}

/// A line for a connection that came to no request, since nothing else will leave one.
void Session::log_failure(std::string_view reason, Bytes came) const {
    if (!service_.access_log) return;
    const std::string_view saw = instead_of_tls(came);
    if (saw == "proxy") {
        reason = preface_            ? "a PROXY header that is broken or not whole"
                 : connection_.proxy ? "a second PROXY header behind the one that was taken"
                                     : "a PROXY header, which --accept-proxy does not take from "
                                       "this address";
    }
    const std::string* sni = seen_ && seen_->sni ? &*seen_->sni : nullptr;
    service_.access_log(access_line(
        FailedHandshake{.peer = connection_.peer, .sni = sni, .reason = reason, .saw = saw}));
}

void Session::log(const Answering& answering, int status, std::size_t bytes, bool whole) const {
    if (!service_.access_log) return;
    const auto took = Clock::now() - answering.began;
    const auto& tls = connection_.tls;
    const std::string& method = answering.delivery.method;
    const std::string& target = answering.delivery.target;
    service_.access_log(access_line(
        ServedRequest{.peer = connection_.peer,
                      .sni = tls && tls->sni ? &*tls->sni : nullptr,
                      .method = method.empty() ? nullptr : &method,
                      .target = target.empty() ? nullptr : &target,
                      .status = status,
                      .reason = answering.failure,
                      .bytes = bytes,
                      .took = std::chrono::duration_cast<std::chrono::microseconds>(took),
                      .whole = whole}));
}

}  // namespace sni::backend
