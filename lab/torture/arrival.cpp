#include "lab/torture/arrival.h"

#include <charconv>

#include <fmt/format.h>

#include "lab/core/encoding.h"
#include "lab/core/json_fields.h"
#include "lab/http/query.h"
#include "lab/proof/statement_fields.h"

namespace sni {

template <>
struct JsonFields<torture::ArrivalQuestion> {
    static void visit(auto& field, auto& question) {
        field("nonce", question.nonce);
        field("begin_sha256", question.begin_sha256);
        field("after", question.after);
    }
};

template <>
struct JsonFields<torture::Visit> {
    static void visit(auto& field, auto& visit) {
        field("number", visit.number);
        field("target", visit.target);
        field("ended", visit.ended);
        field("received", visit.received);
    }
};

template <>
struct JsonFields<torture::ArrivalStatement> {
    static void visit(auto& field, auto& statement) {
        field("question", statement.question);
        field("run", statement.run);
        field("visits", statement.visits);
        field("complete_after", statement.complete_after);
        field("visit", statement.visit);
    }
};

namespace torture {

std::optional<Bytes> beginning(Bytes sent) {
    if (sent.size() < kUnmistakable) return std::nullopt;
    return sent.first(kUnmistakable);
}

std::string to_target(const ArrivalQuestion& question) {
    return fmt::format(
        "{}?{}nonce={}&after={}", kArrivalPath,
        question.begin_sha256 ? fmt::format("begin={}&", to_hex(*question.begin_sha256)) : "",
        to_hex(question.nonce), question.after);
}

Result<ArrivalQuestion, std::string> parse_arrival_query(std::string_view query) {
    const http::Fields fields = http::parse_query(query);
    const auto digest = [&](std::string_view name) -> std::optional<Digest> {
        const std::string* const text = http::find_field(fields, name);
        return text ? digest_from_hex(*text) : std::nullopt;
    };
    const auto begin = digest("begin");
    if (!begin && http::find_field(fields, "begin")) {
        return std::unexpected(
            fmt::format("begin= must be the SHA-256 of a client's first {} bytes, 64 hex digits",
                        kUnmistakable));
    }
    const auto nonce = digest("nonce");
    if (!nonce) return std::unexpected("nonce= must be 64 hex digits");
    const std::string* const text = http::find_field(fields, "after");
    std::uint64_t after = 0;
    const auto read = text ? std::from_chars(text->data(), text->data() + text->size(), after)
                           : std::from_chars_result{nullptr, std::errc::invalid_argument};
    if (read.ec != std::errc() || read.ptr != text->data() + text->size())
        return std::unexpected("after= must be the number of a visit");
    return ArrivalQuestion{.nonce = *nonce, .begin_sha256 = begin, .after = after};
}

std::string encode(const ArrivalStatement& statement) {
    return proof::canonical(write_document(statement, kArrivalSchema));
}

Result<ArrivalStatement, proof::StatementError> decode_arrival(std::string_view document) {
    auto statement = read_document<ArrivalStatement>(document, kArrivalSchema);
    if (statement && encode(*statement) != document)
        return std::unexpected(proof::StatementError::bad_value);
    return statement;
}

std::string arrival_bytes(std::string_view document) {
    return fmt::format("sni-lab torture v1\n{}", document);
}

}  // namespace torture

}  // namespace sni
