#include "lab/client/witness.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "lab/client/observe.h"
#include "lab/client/page.h"

namespace sni::client {

using std::chrono::milliseconds;

proof::ProofAnswer read_witness(std::string_view text, const certs::IdentityPublicKey& identity) {
    const auto envelope = proof::decode_envelope(text);
    if (!envelope) return proof::BadEnvelope{envelope.error()};
    // A witness names none: whoever asks it has its key.
    if (envelope->identity) return proof::BadEnvelope{proof::StatementError::bad_value};
    const std::string message = proof::witness_bytes(envelope->document);
    if (!identity.verify(as_bytes(message), envelope->signature)) return proof::BadSignature{};
    auto said = proof::decode_witness(envelope->document);
    if (!said) return proof::BadDocument{said.error()};
    return std::move(*said);
}

const proof::WitnessedSession* WitnessReply::session() const {
    const auto* said = std::get_if<proof::WitnessStatement>(&answer);
    const bool answers = said && said->question == question;
    return answers && said->sessions.size() == 1 ? &said->sessions.front() : nullptr;
}

WitnessReply ask_witness(const Endpoint& witness, const Carrying& connection,
                         const certs::IdentityPublicKey& identity,
                         net::Clock::time_point deadline) {
    constexpr milliseconds kSlack{100};  // what the question itself takes
    constexpr milliseconds kPause{5};
    WitnessReply reply{.question = {.nonce = fresh_nonce(),
                                    .hello_sha256 = connection.hello_sha256,
                                    .sni = connection.sni}};
    for (;;) {
        const auto now = net::Clock::now();
        reply.question.within = std::chrono::ceil<milliseconds>(now - connection.began) + kSlack;
        auto page = get_page(witness, to_target(reply.question),
                             std::max(std::chrono::ceil<milliseconds>(deadline - now), kPause));
        if (!page) {
            reply.no_envelope = std::move(page.error());
            reply.answer = proof::NoStatement{reply.no_envelope};
            return reply;
        }
        reply.answer = read_witness(*page, identity);
        reply.envelope = std::move(*page);
        const proof::WitnessedSession* session = reply.session();
        const bool on_its_way =
            session && !session->ended && session->up.all.bytes < connection.sent;
        if (!on_its_way || net::Clock::now() + kPause >= deadline) return reply;
        std::this_thread::sleep_for(kPause);
    }
}

}  // namespace sni::client
