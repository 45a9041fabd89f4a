// A relay without any key that cuts TLS records in two, which receivers must take (RFC 8446 §5.1).
#include <thread>

#include "certs/clock.h"
#include "lab/backend/backend.h"
#include "lab/client/canaries.h"
#include "lab/client/observe.h"
#include "lab/proof/judge/judge.h"
#include "tests/support/backend_fixture.h"
#include "tests/support/catch.h"
#include "tests/support/peer.h"
#include "tests/support/splice.h"

namespace client_reframed_test {

using namespace sni;
using namespace sni::test;
using proof::Verdict;

namespace {

/// The first record, whole, as two.
Buffer halves(const Buffer& record) {
    const std::size_t body = record.size() - 5;
    const std::size_t first = body / 2;
    Buffer cut;
    for (const auto& [at, size] : {std::pair(std::size_t{0}, first), {first, body - first}}) {
        cut.insert(cut.end(), record.begin(), record.begin() + 3);
        cut.push_back(static_cast<std::byte>(size >> 8));
        cut.push_back(static_cast<std::byte>(size & 0xff));
        const auto begin = record.begin() + static_cast<std::ptrdiff_t>(5 + at);
        cut.insert(cut.end(), begin, begin + static_cast<std::ptrdiff_t>(size));
    }
    return cut;
}

Buffer first_record(Peer& from) {
    Buffer record = from.read(5);
    const Buffer body = from.read(std::to_integer<std::size_t>(record.at(3)) * 256 +
                                  std::to_integer<std::size_t>(record.at(4)));
    record.insert(record.end(), body.begin(), body.end());
    return record;
}

enum class Cut { up, down };

/// Takes one connection and cuts the first record of one direction.
class Splitter {
  public:
    Splitter(const Endpoint& server, Cut cut)
        : thread_([this, server, cut] { serve(server, cut); }) {}
    ~Splitter() { thread_.join(); }
    const Endpoint& endpoint() const { return door_.endpoint(); }

  private:
    void serve(const Endpoint& to, Cut cut) {
        Peer client = door_.accept();
        Peer server = Peer::to(to);
        const Buffer hello = first_record(client);
        server.send(cut == Cut::up ? halves(hello) : hello);
        const Buffer answer = first_record(server);
        client.send(cut == Cut::down ? halves(answer) : answer);
        splice(client, server);
    }

    Door door_;
    std::thread thread_;
};

}  // namespace

TEST_CASE("a relay that cuts records in two alters, and does not terminate", "[client]") {
    const KnownBackend site;
    const auto& [identity, backend] = site;
    const Cut cut = GENERATE(Cut::up, Cut::down);
    const auto only = GENERATE(client::TlsVersion::tls_1_2, client::TlsVersion::tls_1_3);
    CAPTURE(cut == Cut::up, only == client::TlsVersion::tls_1_2);
    const proof::Expectation expected{.status = 418, .backend = "pod-1", .now = wall_clock()};
    const auto probe = [&](const Endpoint& gateway) {
        return client::Probe{
            .gateway = gateway, .sni = "httpbin.example.com", .offer = {.only = only}};
    };
    const Splitter splitter(backend.listening(), cut);
    const auto seen = client::observe(probe(splitter.endpoint()), identity.public_key());
    const proof::Check check = proof::judge(seen, expected, "cut");
    CHECK(check.verdict == Verdict::altered);
    const auto hello = std::ranges::find(check.lines, "hello", &proof::Line::name);
    REQUIRE(hello != check.lines.end());
    CHECK((hello->code == "SL2330") == (cut == Cut::up));

    const Splitter again(backend.listening(), Cut::up);
    const auto canary = client::send_alpn_canary(probe(again.endpoint()), identity.public_key());
    CHECK(proof::canary_lines({canary}).front().verdict == Verdict::altered);
}

}  // namespace client_reframed_test
