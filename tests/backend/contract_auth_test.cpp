#include <openssl/evp.h>

#include "lab/core/encoding.h"
#include "tests/backend/contract.h"

namespace backend_contract_auth_test {

using namespace sni;
using nlohmann::json;
using test::Contract;
using test::Way;

namespace {

std::string hash(const std::string& algorithm, const std::string& text) {
    const std::string plain = algorithm.substr(0, algorithm.find("-sess"));
    const std::string name = plain == "MD5"           ? "MD5"
                             : plain == "SHA-512-256" ? "SHA2-512/256"
                                                      : "SHA2-" + plain.substr(4);
    std::array<std::byte, 64> digest{};
    std::size_t size = 0;
    REQUIRE(EVP_Q_digest(nullptr, name.c_str(), nullptr, text.data(), text.size(),
                         reinterpret_cast<unsigned char*>(digest.data()), &size) == 1);
    return to_hex(Bytes(digest).first(size));
}

/// What a client answers to a challenge, straight from RFC 7616 §3.4.
struct Answering {
    std::string uri;
    std::string algorithm = "MD5";
    std::string qop = "auth";
    std::string user = "user";
    std::string password = "passwd";
    std::string body = {};
    std::string nonce = "abc";

    std::string header() const {
        const std::string realm = "me@kennethreitz.com";
        const auto h = [&](const std::string& text) { return hash(algorithm, text); };
        std::string ha1 = h(user + ":" + realm + ":" + password);
        if (algorithm.ends_with("-sess")) ha1 = h(ha1 + ":" + nonce + ":c");
        const std::string ha2 =
            h("GET:" + uri + (qop == "auth-int" ? ":" + h(body) : std::string()));
        const std::string response = qop.empty()
                                         ? h(ha1 + ":" + nonce + ":" + ha2)
                                         : h(ha1 + ":" + nonce + ":00000001:c:" + qop + ":" + ha2);
        std::string text = "Authorization: Digest username=\"" + user + "\", realm=\"" + realm +
                           "\", nonce=\"" + nonce + "\", uri=\"" + uri +
                           "\", algorithm=" + algorithm + ", response=\"" + response + "\"";
        if (!qop.empty()) text += ", qop=" + qop + ", nc=00000001, cnonce=\"c\"";
        return text + "\r\n";
    }
};

std::vector<std::string> cookies_of(const test::Answer& answer) {
    std::vector<std::string> cookies;
    for (const auto& [name, value] : answer.headers) {
        if (name == "Set-Cookie") cookies.push_back(value);
    }
    return cookies;
}

bool has_cookie(const test::Answer& answer, const std::string& cookie) {
    const auto cookies = cookies_of(answer);
    return std::find(cookies.begin(), cookies.end(), cookie) != cookies.end();
}

}  // namespace

TEST_CASE("basic and bearer authentication", "[backend]") {
    const auto basic = [](const std::string& pair) {
        return "Authorization: Basic " + to_base64(as_bytes(pair)) + "\r\n";
    };
    const json welcome{{"authenticated", true}, {"user", "user"}};
    const std::vector<std::pair<std::string, std::string>> challenge = {
        {"WWW-Authenticate", "Basic realm=\"Fake Realm\""}, {"Content-Length", "0"}};
    Contract(GENERATE(Way::direct, Way::through_router))
        .check({
            {"GET", "/basic-auth/user/passwd", 401, "", "", challenge},
            {"GET", "/basic-auth/user/passwd", 200, basic("user:passwd"), "", {}, {}, "", welcome},
            {"GET",
             "/basic-auth/user/pass:wd",
             200,
             basic("user:pass:wd"),
             "",
             {},
             {},
             "",
             welcome},
            {"GET",
             "/basic-auth/%C3%A9/p",
             200,
             basic("\xC3\xA9:p"),
             "",
             {},
             {},
             "",
             json{{"authenticated", true}, {"user", "\xC3\xA9"}}},
            {"GET",
             "/basic-auth/user/passwd",
             200,
             "Authorization: bAsIc dXNlcjpwYXNzd2Q=\r\n",
             "",
             {},
             {},
             "",
             welcome},
            {"GET", "/basic-auth/user/passwd", 401, basic("user:wrong"), "", challenge},
            {"GET", "/basic-auth/user/passwd", 401, basic("wrong:passwd"), "", challenge},
            {"GET", "/basic-auth/user/passwd", 401, basic("user"), "", challenge},
            {"GET", "/basic-auth/user/passwd", 401, "Authorization: Basic !\r\n", "", challenge},
            {"GET", "/basic-auth/user/passwd", 401, "Authorization: Basic\r\n", "", challenge},
            {"GET", "/basic-auth/user", 404},
            {"GET", "/hidden-basic-auth/user/passwd", 404, "", "", {}, {"WWW-Authenticate"}},
            {"GET",
             "/hidden-basic-auth/user/passwd",
             200,
             basic("user:passwd"),
             "",
             {},
             {},
             "",
             welcome},
            {"GET",
             "/bearer",
             200,
             "Authorization: Bearer Bearer.token\r\n",
             "",
             {},
             {},
             "",
             json{{"authenticated", true}, {"token", "Bearer.token"}}},
            {"GET",
             "/bearer",
             401,
             "",
             "",
             {{"WWW-Authenticate", "Bearer"}, {"Content-Length", "0"}}},
            {"GET", "/bearer", 401, "Authorization: Bearer \r\n"},
            {"GET", "/bearer", 401, "Authorization: Bearer\r\n"},
            {"GET", "/bearer", 401, "Authorization:\r\n"},
            {"GET", "/bearer", 401, basic("user:passwd")},
        });
}

TEST_CASE("digest authentication for every mix of qop and algorithm", "[backend]") {
    Contract lab(GENERATE(Way::direct, Way::through_router));
    const json welcome{{"authenticated", true}, {"user", "user"}};
    for (const std::string offered : {"auth", "auth-int", "other"}) {
        for (const std::string algorithm : {"MD5", "SHA-256", "SHA-512", "SHA-512-256", "MD5-sess",
                                            "SHA-256-sess", "SHA-512-256-sess"}) {
            for (const std::string qop : {"", "auth", "auth-int"}) {
                if (qop.empty() && algorithm.ends_with("-sess")) continue;  // they need a cnonce
                const std::string path = "/digest-auth/" + offered + "/user/passwd/" + algorithm;
                const std::string body = qop == "auth-int" ? "a body" : "";
                CAPTURE(qop);
                lab.check({"GET",
                           path,
                           200,
                           Answering{path, algorithm, qop, "user", "passwd", body}.header(),
                           body,
                           {},
                           {},
                           "",
                           welcome});
                lab.check({"GET", path, 401,
                           Answering{path, algorithm, qop, "user", "wrong", body}.header(), body});
                lab.check({"GET", path, 401,
                           Answering{path, algorithm, qop, "wrong", "passwd", body}.header(),
                           body});
            }
        }
    }
    const std::string path = "/digest-auth/auth/user/passwd";
    lab.check({"GET", path, 200, Answering{path}.header(), "", {}, {}, "", welcome});
    const std::string query = path + "?a=1&b=%20";
    lab.check({"GET", query, 200, Answering{query}.header(), "", {}, {}, "", welcome});
    lab.check({"GET", query, 401, Answering{path}.header()});
    for (const std::string nonsense :
         {"Digest", "Digest username", "Digest username=\"user", "Basic dXNlcjpwYXNzd2Q=",
          "Digest username=\"user\", qop=unknown", "Digest username=\"user\", algorithm=CRC32"}) {
        lab.check({"GET", path, 401, "Authorization: " + nonsense + "\r\n"});
    }
}

TEST_CASE("only the algorithm that the path asks for passes", "[backend]") {
    Contract lab(Way::direct);
    const std::vector<std::string> all = {"MD5",          "MD5-sess",    "SHA-256",
                                          "SHA-256-sess", "SHA-512-256", "SHA-512-256-sess"};
    for (const std::string& asked : all) {
        const std::string path = "/digest-auth/auth/user/passwd/" + asked;
        const test::Answer challenge = lab.ask({"GET", path, 401});
        CHECK(challenge.header("WWW-Authenticate")
                  ->ends_with("algorithm=" + asked + ", stale=FALSE"));
        for (const std::string& used : all) {
            lab.check({"GET", path, used == asked ? 200 : 401, Answering{path, used}.header()});
        }
    }
}

TEST_CASE("digest parameters may be of any case, with white space around their equals sign",
          "[backend]") {
    Contract lab(Way::direct);
    const std::string path = "/digest-auth/auth/user/passwd";
    std::string header = Answering{path}.header();
    const auto swap = [&](const std::string& from, const std::string& to) {
        const std::size_t at = header.find(from);
        REQUIRE(at != std::string::npos);
        header.replace(at, from.size(), to);
    };
    swap("Digest", "dIGEST");
    swap("username=", "UserName = ");
    swap("realm=", "REALM\t=");
    swap("algorithm=MD5", "Algorithm= md5");
    lab.check({"GET", path, 200, header});
}

TEST_CASE("a digest challenge has all that a client needs", "[backend]") {
    Contract lab(Way::direct);
    const test::Answer plain = lab.ask({"GET", "/digest-auth/auth/user/passwd", 401});
    const std::string challenge = plain.header("WWW-Authenticate").value_or("");
    CAPTURE(challenge);
    CHECK(challenge.starts_with("Digest realm=\"me@kennethreitz.com\", nonce=\""));
    CHECK(challenge.find("qop=\"auth\", opaque=\"") != std::string::npos);
    CHECK(challenge.ends_with("algorithm=MD5, stale=FALSE"));
    CHECK(plain.body.empty());
    CHECK(has_cookie(plain, "stale_after=never; Path=/"));
    CHECK(has_cookie(plain, "fake=fake_value; Path=/"));

    const test::Answer odd = lab.ask({"GET", "/digest-auth/x/user/passwd/CRC32/4", 401});
    CHECK(odd.header("WWW-Authenticate")->find("qop=\"auth, auth-int\"") != std::string::npos);
    CHECK(odd.header("WWW-Authenticate")->find("algorithm=MD5") != std::string::npos);
    CHECK(has_cookie(odd, "stale_after=4; Path=/"));
}

TEST_CASE("a digest nonce grows stale as the cookies say", "[backend]") {
    Contract lab(Way::direct);
    const std::string path = "/digest-auth/auth/user/passwd/MD5/1";
    const std::string right = Answering{path}.header();
    const test::Answer first = lab.ask({"GET", path, 200, right + "Cookie: stale_after=1\r\n"});
    CHECK(first.status == 200);
    CHECK(has_cookie(first, "stale_after=0; Path=/"));
    const test::Answer second = lab.ask({"GET", path, 401, right + "Cookie: stale_after=0\r\n"});
    CHECK(second.status == 401);
    CHECK(second.header("WWW-Authenticate")->ends_with("stale=TRUE"));
    CHECK(has_cookie(second, "last_nonce=abc; Path=/"));
    CHECK(has_cookie(second, "stale_after=1; Path=/"));
    const test::Answer again = lab.ask({"GET", path, 401, right + "Cookie: last_nonce=abc\r\n"});
    CHECK(again.status == 401);
    CHECK(again.header("WWW-Authenticate")->ends_with("stale=TRUE"));
    CHECK(has_cookie(lab.ask({"GET", path, 200, right + "Cookie: stale_after=never\r\n"}),
                     "stale_after=never; Path=/"));
    const test::Answer wrong =
        lab.ask({"GET", path, 401, Answering{path, "MD5", "auth", "user", "x"}.header()});
    CHECK(wrong.header("WWW-Authenticate")->ends_with("stale=FALSE"));
    CHECK(has_cookie(wrong, "last_nonce=abc; Path=/"));

    const std::string with_cookie = "/digest-auth/auth/user/passwd?require-cookie=T";
    const std::string answer = Answering{with_cookie}.header();
    lab.check({"GET", with_cookie, 401, answer});
    lab.check({"GET", with_cookie, 403, answer + "Cookie: fake=1\r\n", "", {}, {}, "errors"});
    lab.check({"GET", with_cookie, 200, answer + "Cookie: fake=fake_value\r\n"});
}

}  // namespace backend_contract_auth_test
