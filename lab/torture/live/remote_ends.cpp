#include "lab/torture/live/remote_ends.h"

#include <thread>
#include <utility>

#include <fmt/format.h>

#include "certs/digest.h"
#include "lab/admin/ops.h"
#include "lab/client/observe.h"
#include "lab/client/page.h"
#include "lab/core/codes.h"
#include "lab/core/encoding.h"
#include "lab/net/timer.h"
#include "lab/torture/arrival.h"

namespace sni::torture {

namespace {

using net::Clock;
using std::chrono::milliseconds;

constexpr milliseconds kPage{5'000};
constexpr milliseconds kSlack{100};  // what the question itself takes

[[noreturn]] void fail(std::string why) {
    throw Failure(Exit::inconclusive, code::kTortureEnds,
                  "the ends elsewhere do not state what they got", printable(why),
                  "sni-lab torture serve runs them; --identity takes its FILE.pub");
}

/// What the identity signed, and nothing else.
ArrivalStatement read_signed(const std::string& page, const certs::IdentityPublicKey& identity) {
    const auto envelope = proof::decode_envelope(page);
    if (!envelope) fail("what came is no signed statement");
    const std::string message = arrival_bytes(envelope->document);
    if (!identity.verify(as_bytes(message), envelope->signature)) {
        fail(fmt::format("the statement is not signed by identity {}", identity.key_id()));
    }
    auto said = decode_arrival(envelope->document);
    if (!said) fail("the statement is none of this version's");
    return *said;
}

}  // namespace

admin::Pages pages_of(Ends& ends, const certs::Identity& identity) {
    admin::Pages pages;
    pages["/healthz"] = [] { return admin::Page{.body = "ok\n"}; };
    pages[std::string(kArrivalPath)] = [&](std::string_view query) -> admin::Page {
        const auto question = parse_arrival_query(query);
        if (!question) return {.status = 400, .body = question.error() + "\n"};
        const std::string document = encode(ArrivalStatement{
            *question, ends.arrived_now(question->begin_sha256, Clock::now() - question->within)});
        const std::string message = arrival_bytes(document);
        return admin::json_page(
            encode(proof::Envelope{document, identity.sign(as_bytes(message)), std::nullopt}));
    };
    return pages;
}

std::optional<Arrived> RemoteEnds::arrived(Bytes sent, Clock::time_point since,
                                           milliseconds patience) {
    const auto begin = beginning(sent);
    if (!begin) return std::nullopt;
    const Clock::time_point deadline = Clock::now() + patience;
    for (;;) {
        const ArrivalQuestion question{
            .nonce = client::fresh_nonce(),
            .begin_sha256 = certs::sha256(*begin),
            .within = std::chrono::ceil<milliseconds>(Clock::now() - since) + kSlack};
        const auto page = client::get_page(page_, to_target(question), kPage);
        if (!page) fail(page.error());
        const ArrivalStatement said = read_signed(*page, identity_);
        if (said.question != question) fail("the statement answers another question");
        if ((said.arrived && said.arrived->ended) || Clock::now() >= deadline) return said.arrived;
        std::this_thread::sleep_for(milliseconds(20));
    }
}

}  // namespace sni::torture
