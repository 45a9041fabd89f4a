#include "lab/proof/key_logs.h"

#include "tests/support/catch.h"

namespace proof_key_logs_test {

using namespace sni::proof;

namespace {

const std::string kOne(64, '1');
const std::string kTwo(64, '2');

std::string tls13(const std::string& random, char secret) {
    const std::string s(64, secret);
    return "SERVER_HANDSHAKE_TRAFFIC_SECRET " + random + " " + s + "\n" +
           "CLIENT_TRAFFIC_SECRET_0 " + random + " " + s + "\nEXPORTER_SECRET " + random + " " + s +
           "\n";
}

std::string tls12(const std::string& random, char secret) {
    return "CLIENT_RANDOM " + random + " " + std::string(96, secret) + "\n";
}

std::vector<KeyLogMatch> matches(const std::string& client, const std::string& backend) {
    const auto found = match_key_logs(client, backend);
    REQUIRE(found.has_value());
    std::vector<KeyLogMatch> all;
    for (const KeyLogSession& session : found->sessions) {
        all.push_back(session.match);
    }
    return all;
}

using All = std::vector<KeyLogMatch>;

}  // namespace

TEST_CASE("a hello that somebody sent again makes no session another one", "[proof]") {
    // Whoever overheard it got an answer of his own, which he can do nothing with.
    for (const std::string& backend :
         {tls13(kOne, 'a') + tls13(kOne, 'b'), tls13(kOne, 'b') + tls13(kOne, 'a')}) {
        CHECK(matches(tls13(kOne, 'a'), backend) == All{KeyLogMatch::same});
    }
    CHECK(matches(tls13(kOne, 'a'), tls13(kOne, 'b') + tls13(kOne, 'c')) ==
          All{KeyLogMatch::differs});
    CHECK(matches(tls13(kOne, 'a') + tls13(kOne, 'b'), tls13(kOne, 'a')) ==
          All{KeyLogMatch::differs});
    CHECK(exporter_secrets(tls13(kOne, 'a') + tls13(kOne, 'b'))->size() == 2);
}

TEST_CASE("sessions with equal secrets are the same, whatever else the backend has served",
          "[proof]") {
    const std::string backend = "# made by hand\r\n\r\n" + tls12(kTwo, 'b') + tls13(kOne, 'A');
    CHECK(matches(tls13(kOne, 'a') + tls12(kTwo, 'B'), backend) ==
          All{KeyLogMatch::same, KeyLogMatch::unbound});
    CHECK(match_key_logs(tls12(kTwo, 'b'), backend)->backend_sessions == 2);
    CHECK_FALSE(match_key_logs(tls12(kTwo, 'b'), backend)->sessions.front().tls_1_3);
}

TEST_CASE("a client random that the backend never saw, or with other secrets, is no match",
          "[proof]") {
    CHECK(matches(tls13(kOne, 'a'), tls13(kTwo, 'a')) == All{KeyLogMatch::not_seen});
    CHECK(matches(tls13(kOne, 'a'), tls13(kOne, 'b')) == All{KeyLogMatch::differs});
    CHECK(matches(tls12(kOne, 'a'), tls12(kOne, 'b')) == All{KeyLogMatch::differs});
    // One label that differs is enough.
    CHECK(matches(tls13(kOne, 'a'), "EXPORTER_SECRET " + kOne + " " + std::string(64, 'a') +
                                        "\nCLIENT_TRAFFIC_SECRET_0 " + kOne + " " +
                                        std::string(64, 'b') + "\n") == All{KeyLogMatch::differs});
}

TEST_CASE("equal secrets that are bound to no handshake show nothing", "[proof]") {
    for (const std::string label : {"EARLY_EXPORTER_SECRET ", "CLIENT_EARLY_TRAFFIC_SECRET "}) {
        const std::string early = label + kOne + " " + std::string(64, 'a') + "\n";
        CHECK(matches(early + tls13(kOne, 'a'), early) == All{KeyLogMatch::unbound});
        CHECK(matches(early, early + tls13(kOne, 'a')) == All{KeyLogMatch::unbound});
    }
    CHECK(matches(tls13(kOne, 'a'), tls12(kOne, 'a')) == All{KeyLogMatch::unbound});
}

TEST_CASE("early data is readable, whatever else two logs have in common", "[proof]") {
    const std::string early =
        "CLIENT_EARLY_TRAFFIC_SECRET " + kOne + " " + std::string(64, 'e') + "\n";
    const std::string client = early + tls13(kOne, 'a');
    CHECK(matches(client, client) == All{KeyLogMatch::early});
    // Refused by the backend, it was sent all the same.
    CHECK(matches(client, tls13(kOne, 'a')) == All{KeyLogMatch::early});
    CHECK(matches(client, tls13(kOne, 'b')) == All{KeyLogMatch::differs});
    CHECK(answer_of(*match_key_logs(client, client), {}).exit == sni::Exit::readable);
    CHECK(
        answer_of(*match_key_logs(client + tls13(kTwo, 'b'), client + tls13(kTwo, 'b')), 2).exit ==
        sni::Exit::readable);
}

TEST_CASE("a client's log that ends amid a line of another session is no yes", "[proof]") {
    const std::string whole = tls13(kOne, 'a');
    const auto exit_of = [&](const std::string& last, std::optional<std::size_t> expected = {}) {
        return answer_of(*match_key_logs(whole + last, whole), expected).exit;
    };
    CHECK(exit_of("EXPORTER_SECRET " + kOne + " aa") == sni::Exit::yes);
    CHECK(exit_of("EXPORTER_SECRET " + kTwo + " ") == sni::Exit::inconclusive);
    CHECK(exit_of("CLIENT_RA") == sni::Exit::inconclusive);
    CHECK(exit_of("CLIENT_RA", 1) == sni::Exit::yes);
    CHECK(answer_of(*match_key_logs(whole, whole + "CLIENT_RA"), {}).exit == sni::Exit::yes);
}

TEST_CASE("secrets behind a KeyUpdate accuse nobody, whichever log has more of them", "[proof]") {
    const auto updated = [](const std::string& label, char secret) {
        return label + " " + kOne + " " + std::string(64, secret) + "\n";
    };
    const std::string n = "CLIENT_TRAFFIC_SECRET_N";
    const std::string whole = tls13(kOne, 'a');
    CHECK(matches(whole + updated(n, 'b') + updated(n, 'c'), whole + updated(n, 'b')) ==
          All{KeyLogMatch::same});
    CHECK(matches(whole + updated(n, 'b'), whole + updated(n, 'd')) == All{KeyLogMatch::same});
    CHECK(matches(whole + updated("SERVER_TRAFFIC_SECRET_1", 'b'),
                  whole + updated("SERVER_TRAFFIC_SECRET_1", 'd')) == All{KeyLogMatch::same});
    // An equal one is of one session all the same, where nothing else is there.
    CHECK(matches(updated(n, 'b') + updated(n, 'c'), updated(n, 'c')) == All{KeyLogMatch::same});
    CHECK(matches(updated(n, 'b'), updated(n, 'c')) == All{KeyLogMatch::unbound});
    CHECK(matches(whole + updated(n, 'b'), tls13(kOne, 'e') + updated(n, 'b')) ==
          All{KeyLogMatch::differs});
}

TEST_CASE("a torn line amid a log is told by its number, and may hide a session", "[proof]") {
    // As where a client was killed, and the next one wrote on behind its half line.
    const std::string one = tls13(kOne, 'a');
    const std::string both = one + tls13(kTwo, 'b');
    const std::string torn = GENERATE_COPY(
        "CLIENT_TRAFFIC_SECRET_0 " + kOne + "\n", std::string("CLIENT_RANDOM 12\n"),
        "CLIENT_TRAFFIC_SECRET_0 abcd12EXPORTER_SECRET " + kTwo + " " + std::string(64, 'b') + "\n",
        "CLIENT_RANDOM " + kOne + " abcdCLIENT_RANDOM " + kTwo + " " + std::string(96, 'b') + "\n",
        // In the label itself.
        "CLIENT_HAEXPORTER_SECRET " + kTwo + " " + std::string(64, 'b') + "\n",
        "CLIENT_TRAFFIC_SECRET_0CLIENT_RANDOM " + kTwo + " " + std::string(96, 'b') + "\n",
        "CLIENT_TRAFFIC_SECRET_SERVER_TRAFFIC_SECRET_0 " + kTwo + " " + std::string(64, 'b') + "\n",
        std::string("CLIENT_RAN\n"), std::string("SERVER_TRAFFIC_SECRET_\n"));
    CAPTURE(torn);
    const auto answer = [](const std::string& client, const std::string& backend,
                           std::optional<std::size_t> expected = {}) {
        const auto found = match_key_logs(client, backend);
        REQUIRE(found);
        return answer_of(*found, expected);
    };
    CHECK(match_key_logs(one + torn, both)->torn_line == 4);
    CHECK(answer(one + torn, both).exit == sni::Exit::inconclusive);
    CHECK(answer(one + torn, both).why.find("line 4 of the client's log is torn") !=
          std::string::npos);
    CHECK(answer(one + torn, both, 1).exit == sni::Exit::yes);
    CHECK(answer(one + torn, both, 2).exit == sni::Exit::inconclusive);
    CHECK(answer(torn + one, tls13(kOne, 'c')).exit == sni::Exit::no);
    // Nor is anybody accused of what may be in the backend's.
    CHECK(answer(one, torn + one).exit == sni::Exit::yes);
    CHECK(answer(one, tls13(kTwo, 'b')).exit == sni::Exit::no);
    CHECK(answer(one, tls13(kTwo, 'b') + torn).exit == sni::Exit::inconclusive);
    CHECK(answer(one, tls13(kTwo, 'b') + torn).why.find("line 4 of the backend's log is torn") !=
          std::string::npos);
    CHECK_FALSE(exporter_secrets(one + torn));
}

TEST_CASE("a key log is known by any of its lines", "[proof]") {
    const std::string secret = tls13(kOne, 'a');
    for (const std::string& before :
         {std::string(), std::string("# a comment\r\n\n"), std::string("ECH_SECRET 12 34\n"),
          std::string("PSK foo\n# more\n"), std::string("\xEF\xBB\xBF"),
          std::string("\xEF\xBB\xBF# made on Windows\r\n")}) {
        CAPTURE(before);
        CHECK(looks_like(before + secret) == LooksLike::key_log);
        CHECK(matches(before + secret, secret) == All{KeyLogMatch::same});
    }
    for (const char* none : {"", "\n", "# a comment", "# a comment\r\n\r\n# one more\n"}) {
        CHECK(looks_like(none) == LooksLike::nothing);
    }
    CHECK(looks_like("GET / HTTP/1.1\n\n") == LooksLike::other);
    CHECK(looks_like("{\"event\":\"began\"}\n" + secret) == LooksLike::other);
}

TEST_CASE("what is no key log is refused by line, and without its secrets", "[proof]") {
    const std::string bad[] = {"CLIENT_RANDOM " + kOne + "\n", "CLIENT_RANDOM 12 34\n",
                               "CLIENT_RANDOM " + kOne + " xyz\n",
                               "CLIENT_RANDOM " + kOne + " aa:bb\n"};
    for (const std::string& line : bad) {
        CAPTURE(line);
        CHECK(match_key_logs("# first\n" + line, "").error() ==
              "line 2 of the client's is not LABEL, client random and secret");
        CHECK(match_key_logs("", line).error() ==
              "line 1 of the backend's is not LABEL, client random and secret");
    }
    CHECK(match_key_logs("", "")->sessions.empty());
    CHECK(match_key_logs("GET / HTTP/1.1\n\n", "").error() ==
          "no line of the client's is a key log's");
}

TEST_CASE("an equal master secret of TLS 1.2 shows nothing, since two sessions can share one",
          "[proof]") {
    CHECK(matches(tls12(kOne, 'a'), tls12(kOne, 'a')) == All{KeyLogMatch::unbound});
    CHECK(matches(tls12(kOne, 'a') + tls13(kTwo, 'b'), tls12(kOne, 'a') + tls13(kTwo, 'b')) ==
          All{KeyLogMatch::unbound, KeyLogMatch::same});
}

TEST_CASE("lines that tell of no session are passed over and counted", "[proof]") {
    // What OpenSSL writes in front of CLIENT_RANDOM for RSA key transport, a label of the future,
    // and a line that is still being written.
    const std::string rsa = "RSA 0123456789abcdef " + std::string(96, 'a') + "\n";
    const std::string future = "TICKET_SECRET_9 " + kOne + " " + std::string(64, 'a') + "\n";
    const std::string log = rsa + tls12(kOne, 'a') + future + tls13(kTwo, 'b');
    for (const std::string& cut : {"EXPORTER_SECRET " + kTwo + " abc", std::string("CLIENT_RA")}) {
        const auto found = match_key_logs(log + cut, log);
        REQUIRE(found);
        CHECK(found->sessions.size() == 2);
        CHECK(found->count(KeyLogMatch::same) == 1);
        CHECK(found->client_passed_over == 3);
        CHECK(found->backend_passed_over == 2);
    }
    CHECK(match_key_logs("CLIENT_RA", rsa)->sessions.empty());
    // Whole, though they end as labels do that are known.
    for (const std::string label : {"PMS_CLIENT_RANDOM ", "QUIC_CLIENT_TRAFFIC_SECRET_0 ",
                                    "QUIC_SERVER_HANDSHAKE_TRAFFIC_SECRET ", "ECH_CONFIG "}) {
        CAPTURE(label);
        const auto found = match_key_logs(log + label + kOne + " abcd\n", log);
        REQUIRE(found);
        CHECK(found->torn_line == 0);
        CHECK(found->client_passed_over == 3);
    }
}

}  // namespace proof_key_logs_test
