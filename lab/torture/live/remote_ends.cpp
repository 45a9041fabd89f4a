#include "lab/torture/live/remote_ends.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "certs/digest.h"
#include "lab/admin/ops.h"
#include "lab/client/observe.h"
#include "lab/client/page.h"
#include "lab/net/timer.h"
#include "lab/torture/arrival.h"

namespace sni::torture {

namespace {

using net::Clock;
using std::chrono::milliseconds;

constexpr milliseconds kAgain{50};  // a page that did not answer
constexpr milliseconds kFirstLook{
    10};  // at a visit that is not over; each later one waits twice as long
constexpr milliseconds kRarestLook{320};

}  // namespace

admin::Pages pages_of(Ends& ends, const certs::Identity& identity) {
    admin::Pages pages;
    pages["/healthz"] = [] { return admin::Page{.body = "ok\n"}; };
    pages[std::string(kArrivalPath)] = [&](std::string_view query) -> admin::Page {
        const auto question = parse_arrival_query(query);
        if (!question) return {.status = 400, .body = question.error() + "\n"};
        const std::string document = encode(ends.state(*question));
        const std::string message = arrival_bytes(document);
        return admin::json_page(
            encode(proof::Envelope{document, identity.sign(as_bytes(message)), std::nullopt}));
    };
    return pages;
}

/// What the identity signed in answer to this question, and nothing else.
Result<ArrivalStatement, std::string> RemoteEnds::ask_once(const ArrivalQuestion& question,
                                                           milliseconds within) const {
    const auto page = client::get_page(page_, to_target(question), within);
    if (!page) return std::unexpected(page.error());
    const auto envelope = proof::decode_envelope(*page);
    if (!envelope) return std::unexpected("what came is no signed statement");
    const std::string message = arrival_bytes(envelope->document);
    if (!identity_.verify(as_bytes(message), envelope->signature)) {
        return std::unexpected(
            fmt::format("the statement is not signed by identity {}", identity_.key_id()));
    }
    auto said = decode_arrival(envelope->document);
    if (!said) return std::unexpected("the statement is none of this version's");
    if (said->question != question)
        return std::unexpected("the statement answers another question");
    return *said;
}

Result<ArrivalStatement, std::string> RemoteEnds::ask(ArrivalQuestion question,
                                                      const net::Wakeup& stop) const {
    const Clock::time_point deadline = Clock::now() + patience_;
    for (;;) {
        question.nonce = client::fresh_nonce();
        const auto left = std::chrono::ceil<milliseconds>(deadline - Clock::now());
        auto said = ask_once(question, std::max(left, kAgain));
        if (said || Clock::now() + kAgain >= deadline || stop.called(kAgain)) return said;
    }
}

Result<Mark, std::string> RemoteEnds::mark(const net::Wakeup& stop) {
    const auto said = ask({}, stop);
    if (!said) return std::unexpected(said.error());
    return Mark{.run = said->run, .visits = said->visits};
}

Result<std::optional<Arrived>, std::string> RemoteEnds::arrived(Bytes sent, const Mark& since,
                                                                milliseconds patience,
                                                                const net::Wakeup& stop) {
    const auto begin = beginning(sent);
    if (!begin) return std::nullopt;
    const ArrivalQuestion question{.begin_sha256 = certs::sha256(*begin), .after = since.visits};
    const Clock::time_point deadline = Clock::now() + patience;
    for (milliseconds pause = kFirstLook;; pause = std::min(2 * pause, kRarestLook)) {
        const auto said = ask(question, stop);
        if (!said) return std::unexpected(said.error());
        if (std::string why = incomplete(*said, since); !why.empty()) return std::unexpected(why);
        const std::optional<Visit>& visit = said->visit;
        const bool over = visit && visit->ended;
        if (!over && Clock::now() < deadline && !stop.called(pause)) continue;
        if (!visit) return std::nullopt;
        return compared(sent, *visit);
    }
}

}  // namespace sni::torture
