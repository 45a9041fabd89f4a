#include "lab/proof/witness.h"

#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "lab/core/encoding.h"
#include "lab/http/query.h"
#include "lab/proof/witness_fields.h"
#include "lab/tls/cipher_suites.h"

namespace sni {

template <>
struct JsonFields<proof::WitnessedHello> {
    static void visit(auto& field, auto& hello) {
        field("began_ms", hello.began);
        field("peer", hello.peer);
        field("ja4", hello.ja4);
        field("hello_sha256", hello.hello_sha256);
    }
};

template <>
struct JsonFields<proof::WitnessStatement> {
    static void visit(auto& field, auto& said) {
        field("question", said.question);
        field("witness", said.witness);
        field("time_ms", said.time);
        field("complete_since_ms", said.complete_since);
        field("let_go", said.let_go);
        field("matching", said.matching);
        field("unread", said.unread);
        field("sessions", said.sessions);
        field("other_hellos", said.other_hellos);
        field("others", said.others);
    }
};

namespace proof {

namespace {

/// Everything that has a meaning in a query, and what is no ASCII, is escaped.
std::string percent_encoded(std::string_view text) {
    std::string encoded;
    for (const char c : text) {
        const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                           (c >= 'A' && c <= 'Z') || c == '-' || c == '.' || c == '_' || c == '~';
        encoded +=
            plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return encoded;
}

/// What we would not have written ourselves is not ours.
template <class T>
Result<T, StatementError> read_own(std::string_view text, std::string_view schema) {
    auto value = read_document<T>(text, schema);
    if (value && encode(*value) != text) return std::unexpected(StatementError::bad_value);
    return value;
}

}  // namespace

bool made_one_session(const std::optional<WitnessedServer>& there,
                      const std::optional<Digest>& server_hello_here) {
    return there && there->version == "TLSv1.3" && !there->group.empty() &&
           server_hello_here == there->hello_sha256;
}

bool gave_ticket(const std::optional<WitnessedServer>& server) {
    return server && server->session_ticket.value_or(false);
}

bool may_hold_server_hello(const WitnessedStream& down) {
    constexpr std::uint64_t kHeaders = 5 + 4;             // of a record and a message
    constexpr std::uint64_t kLeast = 2 + 32 + 1 + 2 + 1;  // RFC 5246 §7.4.1.3
    return down.all.bytes >= kHeaders + kLeast;
}

std::string_view no_server_hello(const WitnessedStream& down) {
    return may_hold_server_hello(down) ? "no ServerHello was read in what came"
                                       : "no ServerHello came";
}

std::optional<std::string> unknown_because(const std::optional<WitnessedServer>& server) {
    if (!server)
        return "no ServerHello was read, so there was no session, or nobody knows who can read it";
    if (server->version != "TLSv1.3" && !server->session_ticket)
        return "its handshake was not read to its end, so nobody knows whether a ticket's key "
               "opens it";
    if (server->version != "TLSv1.3" && !server->full)
        return "it was resumed with TLS 1.2 by its session's id, out of the service's cache, so "
               "nobody knows here who has the secret of the session that it goes on with";
    if (!tls::suite_facts(server->cipher_suite))
        return fmt::format("nobody knows here what the cipher suite {} protects",
                           printable(server->cipher_suite));
    return std::nullopt;
}

std::optional<std::string> readable_because(const WitnessedSession& session) {
    if (!session.server) return std::nullopt;
    const WitnessedServer& server = *session.server;
    const auto suite = tls::suite_facts(server.cipher_suite);
    if (suite && !suite->encrypts)
        return fmt::format("{} encrypts nothing, so that whoever carries the bytes reads them",
                           printable(server.cipher_suite));
    if (server.version == "TLSv1.3") {
        if (server.group.empty())
            return "its keys come from a pre-shared key alone (psk_ke), without forward secrecy";
        if (session.early_data_offered)
            return "its client offered early data, which a ticket's key alone protects";
        return std::nullopt;
    }
    if (gave_ticket(server))
        return "it was given a session ticket with TLS 1.2, in which its secret lies for whoever "
               "has the key of the service's tickets";
    // Of a handshake in whose midst it broke off, the certificate may be what is missing.
    if (!server.full && server.session_ticket && session.ticket_offered.value_or(true))
        return "it was resumed with TLS 1.2, where the ticket's key opens all that passes";
    if (suite && !suite->forward_secrecy)
        return fmt::format("{} has no forward secrecy", printable(server.cipher_suite));
    return std::nullopt;
}

std::string to_target(const WitnessQuestion& question) {
    return fmt::format("{}?hello={}&nonce={}&within={}{}", kWitnessPath,
                       to_hex(question.hello_sha256), to_hex(question.nonce),
                       question.within.count(),
                       question.sni ? "&sni=" + percent_encoded(*question.sni) : "");
}

Result<WitnessQuestion, std::string> parse_witness_query(std::string_view query) {
    const http::Fields fields = http::parse_query(query);
    const auto digest = [&](std::string_view name) -> std::optional<Digest> {
        const std::string* text = http::find_field(fields, name);
        return text ? digest_from_hex(*text) : std::nullopt;
    };
    const auto hello = digest("hello");
    if (!hello) return std::unexpected("hello= must be a ClientHello's SHA-256, 64 hex digits");
    const auto nonce = digest("nonce");
    if (!nonce) return std::unexpected("nonce= must be 64 hex digits");
    WitnessQuestion question{.nonce = *nonce, .hello_sha256 = *hello};
    if (const std::string* text = http::find_field(fields, "within")) {
        std::uint32_t milliseconds = 0;
        const auto [end, error] =
            std::from_chars(text->data(), text->data() + text->size(), milliseconds);
        if (error != std::errc() || end != text->data() + text->size())
            return std::unexpected("within= must be a number of milliseconds, below 2^32");
        question.within = std::chrono::milliseconds(milliseconds);
    }
    if (const std::string* name = http::find_field(fields, "sni")) {
        constexpr std::size_t kLongestName = 255;
        if (name->size() > kLongestName)
            return std::unexpected("sni= is longer than any name can be");
        question.sni = *name;
    }
    return question;
}

std::string encode(const WitnessStatement& statement) {
    return canonical(write_document(statement, kWitnessSchema));
}

Result<WitnessStatement, StatementError> decode_witness(std::string_view document) {
    return read_own<WitnessStatement>(document, kWitnessSchema);
}

std::string witness_bytes(std::string_view document) {
    return fmt::format("sni-lab witness v1\n{}", document);
}

std::string encode(const WitnessedSession& session) {
    return canonical(write_document(session, kWitnessedSchema));
}

}  // namespace proof

}  // namespace sni
