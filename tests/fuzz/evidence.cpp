// Documents of a proof from anybody: what is read is exactly what would be written, and nothing
// else is; a page of sessions tells of each of them; a witness's line reads the same fast and
// slowly; logs of any kind end in an answer or in a sentence; two records never say yes of what was
// not compared.
#include <sstream>

#include <nlohmann/json.hpp>

#include "lab/core/encoding.h"
#include "lab/proof/judge/sessions.h"
#include "lab/proof/key_logs.h"
#include "lab/proof/match/json_tape.h"
#include "lab/proof/match/line.h"
#include "lab/proof/match/match.h"
#include "lab/proof/match/record.h"
#include "lab/proof/saved.h"
#include "lab/proof/statement.h"
#include "lab/proof/witness.h"
#include "lab/proof/witness_fields.h"
#include "tests/fuzz/require.h"

namespace {

using namespace sni;
using namespace sni::proof;
using test::require;

void written_again(const std::string& again, std::string_view text) {
    require(again == text, "it is read, and would be written otherwise");
}

void read_documents(std::string_view text) {
    if (const auto read = decode(text)) written_again(encode(*read), text);
    if (const auto read = decode_saved(text)) written_again(encode(*read), text);
    if (const auto read = decode_witness(text)) written_again(encode(*read), text);
    if (const auto read = decode_envelope(text)) {
        const auto again = decode_envelope(encode(*read));
        require(again && *again == *read, "an envelope that is another one when written again");
    }
    if (const auto read = decode_saved_file(text)) {
        const auto again = decode_saved_file(encode_saved_file(*read));
        require(again && *again == *read, "a file that is another one when written again");
    }
    if (const auto asked = parse_witness_query(text)) {
        const std::string target = to_target(*asked);
        const auto again = parse_witness_query(target.substr(target.find('?') + 1));
        require(again && *again == *asked, "a question that is another one when put again");
    }
}

void read_page(std::string_view text) {
    const auto page = parse_sessions(text);
    if (!page) {
        require(printable(page.error()) == page.error() && !page.error().empty(),
                "a sentence that no terminal should get");
        return;
    }
    for (const BackendSession& session : page->sessions) {
        const SessionLookup found =
            look_up(*page, {{.sha256 = session.hello_sha256}}, std::chrono::milliseconds(0));
        require(found.outcome.has_value(), "a session that nobody finds");
        require(session.outcome != "established" || found.outcome == session.outcome,
                "established, and told otherwise");
        require(!session_list_line(found, {}).text.empty(), "a line that says nothing");
    }
}

void read_line(std::string_view line) {
    JsonTape tape;
    const auto fast = read_plain_line(line, tape);
    if (!fast) return;
    auto document = nlohmann::json::parse(line, nullptr, false);
    require(document.is_object() && document.value("schema", "") == kWitnessedSchema,
            "read fast, and no line of a witness");
    document.erase("schema");
    WitnessedSession slowly;
    require(!JsonCodec<WitnessedSession>::read(document, slowly) && slowly == *fast,
            "read fast as something else");
}

Result<WitnessRecord, std::string> record_of(std::string name, std::string_view text) {
    std::istringstream stream{std::string(text)};
    auto record = read_witness_record(std::move(name), stream);
    require(record || !record.error().empty(), "refused, and nobody knows why");
    return record;
}

void match_records(std::string_view clients, std::string_view services) {
    const auto here = record_of("client.log", clients);
    const auto there = record_of("service.log", services);
    if (!here || !there) return;
    const Matching matching = match(*here, {&*there, 1});
    for (const Matched& matched : matching.sessions) {
        require(matched.session, "a verdict on nobody");
        require(matched.why.empty() == (matched.fate == Fate::passed), "a verdict without a why");
    }
    const std::size_t all = here->sessions.size();
    require(matching.sessions.size() + matching.again == all, "a session that came to nothing");
    if (exit_of(matching, all) != Exit::yes) return;
    require(all > 0 && matching.again == 0, "yes, with sessions that were not compared");
    for (const Matched& matched : matching.sessions) {
        const auto& server = matched.session->server;
        const bool nobody_elses_keys = server && server->version == "TLSv1.3";
        require(matched.fate == Fate::passed || (matched.fate == Fate::cut && nobody_elses_keys),
                "yes, with sessions that did not pass");
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = test::text_of(data, size);
    read_documents(text);
    read_page(text);
    read_line(text);

    const std::size_t half = text.find("\n\n");
    const std::string_view client = text.substr(0, half);
    const std::string_view backend = half == std::string_view::npos ? text : text.substr(half + 2);
    match_records(client, backend);
    if (const auto found = match_key_logs(client, backend)) {
        std::size_t all = 0;
        for (const KeyLogMatch match : {KeyLogMatch::same, KeyLogMatch::early, KeyLogMatch::differs,
                                        KeyLogMatch::not_seen, KeyLogMatch::unbound})
            all += found->count(match);
        require(all == found->sessions.size(), "a session that came to nothing");
        const KeyLogAnswer answer = answer_of(*found, std::nullopt);
        require(!answer.why.empty(), "an answer without a reason");
        require(answer.exit != Exit::yes || found->count(KeyLogMatch::same) == all,
                "yes, with sessions that are not the same");
    }
    require(looks_like(text) != LooksLike::key_log || !text.starts_with('{'),
            "a witness's log, and a key log");
    const auto secrets = exporter_secrets(client);
    require(secrets || !secrets.error().empty(), "refused, and nobody knows why");
    return 0;
}
