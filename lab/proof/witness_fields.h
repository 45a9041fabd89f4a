// The fields of what a witness saw, as JSON: its log, its page and a saved proof have them, too.
// For .cpp files only.
#pragma once

#include "lab/proof/statement_fields.h"
#include "lab/proof/witness.h"

namespace sni {

template <>
struct JsonFields<proof::WitnessedStream> {
    static void visit(auto& field, auto& stream) {
        field("bytes", stream.all.bytes);
        field("sha256", stream.all.sha256);
        field("checkpoints", stream.checkpoints);
    }
};

template <>
struct JsonFields<proof::WitnessedServer> {
    static void visit(auto& field, auto& server) {
        field("version", server.version);
        field("cipher_suite", server.cipher_suite);
        field("group", server.group);
        field("pre_shared_key", server.pre_shared_key);
        field("full", server.full);
        field("extended_master_secret", server.extended_master_secret);
        field("session_ticket", server.session_ticket);
        field("hello_sha256", server.hello_sha256);
    }
};

template <>
struct JsonFields<proof::WitnessedSession> {
    static void visit(auto& field, auto& session) {
        field("id", session.id);
        field("peer", session.peer);
        field("proxy_source", session.proxy_source);
        field("began_ms", session.began);
        field("ended_ms", session.ended);
        field("sni", session.sni);
        field("alpn", session.alpn);
        field("ja4", session.ja4);
        field("hellos", session.hellos);
        field("early_data_offered", session.early_data_offered);
        field.if_any("ticket_offered", session.ticket_offered);
        field("up_before_tls", session.up_before_tls);
        field("down_before_tls", session.down_before_tls);
        field("server", session.server);
        field("up", session.up);
        field("down", session.down);
        field("client_end", session.client_end);
        field("service_end", session.service_end);
    }
};

template <>
struct JsonFields<proof::WitnessQuestion> {
    static void visit(auto& field, auto& question) {
        field("nonce", question.nonce);
        field("hello_sha256", question.hello_sha256);
        field("sni", question.sni);
        field("within_ms", question.within);
    }
};

}  // namespace sni
