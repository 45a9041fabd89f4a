#include "lab/session/stream_record.h"

#include <algorithm>

#include <openssl/bio.h>
#include <openssl/ssl.h>

#include "certs/digest.h"
#include "lab/tls/ja4.h"
#include "lab/tls/server_hello.h"

namespace sni::session {

namespace {

/// OpenSSL calls this before and after everything a BIO does; a positive `result` lets it go on.
long note(BIO* bio, int operation, const char* data, std::size_t, int, long, int result,
          std::size_t* processed) {
    if (result <= 0 || !processed) return result;
    auto& record = *reinterpret_cast<StreamRecord*>(BIO_get_callback_arg(bio));
    if (operation == (BIO_CB_READ | BIO_CB_RETURN)) {
        record.note_received(as_bytes({data, *processed}));
    } else if (operation == (BIO_CB_WRITE | BIO_CB_RETURN)) {
        record.note_sent(as_bytes({data, *processed}));
    }
    return result;
}

}  // namespace

StreamRecord::StreamRecord(End end)
    : end_(end), kept_(false), received_(std::in_place), sent_(std::in_place) {
    if (end == End::client) keep();
}

void StreamRecord::keep() {
    kept_ = true;
    for (auto* digest : {&received_, &sent_}) {
        if (*digest) (*digest)->digest_now();
    }
}

void StreamRecord::listen_to(ssl_st* ssl) {
    for (BIO* bio : {SSL_get_rbio(ssl), SSL_get_wbio(ssl)}) {
        BIO_set_callback_arg(bio, reinterpret_cast<char*>(this));
        BIO_set_callback_ex(bio, note);
    }
}

std::optional<proof::StreamDigest> StreamRecord::sent() const {
    return sent_ ? std::optional(sent_->so_far()) : std::nullopt;
}

std::optional<proof::Streams> StreamRecord::streams() const {
    if (!received_ || !sent_) return std::nullopt;
    return proof::Streams{received_->so_far(), sent_->so_far()};
}

std::optional<proof::StreamDigest> StreamRecord::received_up_to(std::uint64_t bytes) const {
    if (bytes > remembered_.size()) return std::nullopt;
    return proof::StreamDigest{bytes, certs::sha256(Bytes(remembered_).first(bytes))};
}

std::optional<Digest> StreamRecord::server_hello() const {
    tls::ServerHelloReader reader;
    reader.feed(remembered_);
    const auto& facts = reader.facts();
    if (!facts) return std::nullopt;
    return certs::sha256(facts->message);
}

std::vector<proof::HelloFacts> StreamRecord::hello_facts() const {
    std::vector<proof::HelloFacts> facts;
    for (const auto& hello : hellos()) {
        facts.push_back({.sha256 = certs::sha256(hello.message),
                         .bytes = hello.message.size(),
                         .records = hello.records,
                         .shape = tls::hello_shape(hello.message)});
    }
    return facts;
}

void StreamRecord::note_received(Bytes bytes) {
    received_bytes_ += bytes.size();
    if (received_) received_->add(bytes);
    if (end_ == End::client) {
        const std::size_t room = kRemembered - remembered_.size();
        const Bytes kept = bytes.first(std::min(room, bytes.size()));
        remembered_.insert(remembered_.end(), kept.begin(), kept.end());
    } else {
        hellos_.feed(bytes);
    }
    give_up_when_unasked();
}

void StreamRecord::note_sent(Bytes bytes) {
    if (sent_) sent_->add(bytes);
    if (end_ == End::client) hellos_.feed(bytes);
    give_up_when_unasked();
}

void StreamRecord::give_up_when_unasked() {
    if (kept_ || !received_ || !sent_ || received_->bytes() + sent_->bytes() <= kUnasked) return;
    received_.reset();
    sent_.reset();
}

}  // namespace sni::session
