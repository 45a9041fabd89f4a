#include "lab/session/stream_record.h"

#include <fmt/format.h>

#include "certs/digest.h"
#include "lab/backend/backend.h"
#include "lab/client/observe.h"
#include "lab/client/tls_client.h"
#include "lab/core/encoding.h"
#include "tests/support/backend_fixture.h"
#include "tests/support/catch.h"

namespace session_stream_record_test {

using namespace sni;
using namespace sni::session;
using client::read_proof;
using client::TlsConnection;
using client::TlsVersion;

namespace {

struct Site : test::KnownBackend {
    TlsConnection connect(std::optional<TlsVersion> only = std::nullopt) const {
        auto connection = TlsConnection::open(
            {.to = backend.listening(), .sni = "httpbin.example.com", .offer = {.only = only}});
        REQUIRE(connection.has_value());
        return std::move(*connection);
    }

    proof::Statement statement(TlsConnection& connection) const {
        const auto answer =
            connection.get(fmt::format("{}?nonce={}", proof::kPath, std::string(64, 'a')), "h");
        REQUIRE(answer.has_value());
        const auto said = read_proof(answer->body, identity.public_key());
        REQUIRE(std::holds_alternative<proof::Statement>(said));
        return std::get<proof::Statement>(said);
    }
};

void carry(TlsConnection& connection, std::size_t bytes) {
    constexpr std::size_t kPiece = 100u << 10;
    for (std::size_t done = 0; done < bytes; done += kPiece) {
        REQUIRE(connection.get(fmt::format("/bytes/{}", kPiece), "h").has_value());
    }
}

}  // namespace

TEST_CASE("both ends count and digest the same bytes, whatever was asked before", "[client]") {
    const Site site;
    const auto only = GENERATE(TlsVersion::tls_1_2, TlsVersion::tls_1_3);
    TlsConnection connection = site.connect(only);
    for (const char* path : {"/status/418", "/bytes/60000", "/get"}) {
        REQUIRE(connection.get(path, "h").has_value());
        const std::uint64_t answer_end = connection.record().received_bytes();
        const proof::Statement said = site.statement(connection);
        REQUIRE(said.streams);
        CHECK(said.streams->received == connection.sent_with_request());
        CHECK(said.streams->sent.bytes >= answer_end);
        CHECK(said.streams->sent == connection.record().received_up_to(said.streams->sent.bytes));
        CHECK(said.hellos == connection.record().hello_facts());
        CHECK(said.hellos.size() == 1);
        CHECK(said.hellos.front().shape.starts_with(only == TlsVersion::tls_1_2 ? "t12d" : "t13d"));
    }
}

TEST_CASE("a backend gives up digesting after a MiB, but not where a proof was asked before",
          "[client]") {
    const Site site;
    TlsConnection unasked = site.connect();
    carry(unasked, StreamRecord::kUnasked + 1);
    const proof::Statement late = site.statement(unasked);
    CHECK_FALSE(late.streams);
    CHECK(late.hellos == unasked.record().hello_facts());

    TlsConnection asked = site.connect();
    site.statement(asked);
    carry(asked, StreamRecord::kUnasked + 1);
    const proof::Statement said = site.statement(asked);
    REQUIRE(said.streams);
    CHECK(said.streams->received == asked.sent_with_request());
}

TEST_CASE("a digest so far can be asked for again and again", "[client]") {
    RunningDigest digest;
    CHECK(digest.so_far() == proof::StreamDigest{0, certs::sha256({})});
    digest.add(as_bytes("ab"));
    CHECK(digest.so_far() == proof::StreamDigest{2, certs::sha256(as_bytes("ab"))});
    digest.add(as_bytes("c"));
    CHECK(digest.so_far() == proof::StreamDigest{3, certs::sha256(as_bytes("abc"))});
}

TEST_CASE(
    "a digest that is put off is the same as one that is made at once, whenever it is asked for",
    "[client]") {
    DeferredDigest late;
    DeferredDigest early;
    RunningDigest at_once;
    early.digest_now();
    std::vector<std::byte> bytes(300'000);
    for (std::size_t i = 0; i < bytes.size(); ++i)
        bytes[i] = static_cast<std::byte>(i * 7 % 251);
    std::size_t done = 0;
    for (const std::size_t piece : {1, 4095, 2, 16384, 150'000, 0, 65536}) {
        const Bytes next = Bytes(bytes).subspan(done, piece);
        late.add(next);
        early.add(next);
        at_once.add(next);
        done += piece;
        CHECK(late.bytes() == done);
        CHECK(late.so_far() == at_once.so_far());
        CHECK(early.so_far() == at_once.so_far());
    }
    late.digest_now();
    late.add(Bytes(bytes).subspan(done));
    at_once.add(Bytes(bytes).subspan(done));
    CHECK(late.so_far() == at_once.so_far());
}

TEST_CASE("digests that are put off keep no more than their budget, and stay right beyond it",
          "[client]") {
    const std::vector<std::byte> bytes(1u << 20, std::byte{7});
    std::vector<std::unique_ptr<DeferredDigest>> many;
    RunningDigest expected;
    expected.add(bytes);
    for (std::size_t i = 0; i < DeferredDigest::kBudget / bytes.size() + 3; ++i) {
        many.push_back(std::make_unique<DeferredDigest>());
        many.back()->add(bytes);
    }
    CHECK(many.front()->kept());
    CHECK_FALSE(many.back()->kept());
    CHECK(many.back()->so_far() == expected.so_far());
    many.clear();
    DeferredDigest next;
    next.add(bytes);
    CHECK(next.kept());  // the budget was given back
}

TEST_CASE("nothing is digested of bytes that did not come", "[client]") {
    const Site site;
    const TlsConnection connection = site.connect();
    const std::uint64_t came = connection.record().received_bytes();
    CHECK(connection.record().received_up_to(came).has_value());
    CHECK_FALSE(connection.record().received_up_to(came + 1).has_value());
}

}  // namespace session_stream_record_test
