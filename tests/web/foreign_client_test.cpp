// cpp-httplib's client as one that we did not write: whether it understands what backend and
// operators' pages say, and is understood.
#include <algorithm>

#include <httplib.h>
#include <nlohmann/json.hpp>

#include "lab/backend/backend.h"
#include "lab/backend/ops.h"
#include "tests/support/backend_fixture.h"
#include "tests/support/catch.h"

namespace web_foreign_client_test {

using namespace sni;
using nlohmann::json;

namespace {

backend::Options plain_too() {
    backend::Options options = test::backend_options();
    options.plain = loopback(0);
    return options;
}

/// To a port of this machine; it keeps its connection.
class Client {
  public:
    explicit Client(const Endpoint& to) : client_(to.host, to.port) {
        client_.set_read_timeout(20);
        client_.set_keep_alive(true);
        client_.set_follow_location(true);
    }
    httplib::Client* operator->() { return &client_; }

  private:
    httplib::Client client_;
};

}  // namespace

TEST_CASE("a foreign client and the backend understand each other's messages", "[web]") {
    backend::Backend server(plain_too());
    Client client(*server.listening_plain());

    const auto got = client->Get("/get?a=1&b=two%20words");
    REQUIRE(got);
    CHECK(json::parse(got->body).at("args") == json({{"a", "1"}, {"b", "two words"}}));
    const auto head = client->Head("/bytes/100");
    REQUIRE(head);
    CHECK(head->get_header_value("Content-Length") == "100");
    const auto posted = client->Post("/post", "tea=pot", "application/x-www-form-urlencoded");
    REQUIRE(posted);
    CHECK(json::parse(posted->body).at("form") == json({{"tea", "pot"}}));
    const auto parts = client->Post(
        "/post", httplib::MultipartFormDataItems{{"file", "bytes", "name.txt", "text/plain"}});
    REQUIRE(parts);
    CHECK(json::parse(parts->body).at("files") == json({{"file", "bytes"}}));
    const auto removed = client->Delete("/delete");
    REQUIRE(removed);
    CHECK(removed->status == 200);
    const auto teapot = client->Get("/status/418");
    REQUIRE(teapot);
    CHECK(teapot->status == 418);
    CHECK(teapot->reason == "I'm a teapot");
    CHECK(server.snapshot().accepted == 1);  // all of it on one connection
}

TEST_CASE("a foreign client reads chunks, ranges, codings and redirects of the backend", "[web]") {
    backend::Backend server(plain_too());
    Client client(*server.listening_plain());

    const auto lines = client->Get("/stream/3");
    REQUIRE(lines);
    CHECK(lines->get_header_value("Transfer-Encoding") == "chunked");
    CHECK(std::count(lines->body.begin(), lines->body.end(), '\n') == 3);
    const auto some = client->Get("/range/26", httplib::Headers{{"Range", "bytes=2-4"}});
    REQUIRE(some);
    CHECK(some->status == 206);
    CHECK(some->body == "cde");
    for (const char* path : {"/gzip", "/brotli"}) {
        const auto packed = client->Get(path);
        REQUIRE(packed);
        CHECK(json::parse(packed->body).at("method") == "GET");
    }
    const auto redirected = client->Get("/redirect/2");
    REQUIRE(redirected);
    CHECK(redirected->status == 200);
    CHECK(json::parse(redirected->body).contains("url"));
}

TEST_CASE("a foreign client is let in by what it says of its user, and by nothing else", "[web]") {
    backend::Backend server(plain_too());
    Client client(*server.listening_plain());
    for (const char* path :
         {"/basic-auth/user/passwd", "/digest-auth/auth/user/passwd",
          "/digest-auth/auth/user/passwd/SHA-256", "/digest-auth/auth/user/passwd/SHA-512"}) {
        CAPTURE(path);
        Client known(*server.listening_plain());
        if (std::string_view(path).starts_with("/basic")) {
            known->set_basic_auth("user", "passwd");
        } else {
            known->set_digest_auth("user", "passwd");
        }
        const auto in = known->Get(path);
        REQUIRE(in);
        CHECK(in->status == 200);
        const auto out = client->Get(path);
        REQUIRE(out);
        CHECK(out->status == 401);
    }
}

TEST_CASE("a foreign client reads operators' pages", "[web]") {
    const backend::Backend server(test::backend_options());
    backend::Ops ops;
    ops.ready({&server});
    const admin::Server admin(loopback(0), ops.pages());
    Client client(admin.local());

    const auto health = client->Get("/healthz");
    REQUIRE(health);
    CHECK(health->body == "ok\n");
    const auto figures = client->Get("/metrics");
    REQUIRE(figures);
    CHECK(figures->get_header_value("Content-Type") == admin::kPrometheusType);
    CHECK_THAT(figures->body, test::Contains("sni_lab_backend_connections_total{"));
    const auto sessions = client->Get("/sessions");
    REQUIRE(sessions);
    CHECK(json::parse(sessions->body).at("sessions").empty());
    const auto head = client->Head("/metrics");
    REQUIRE(head);
    CHECK(head->body.empty());
    const auto posted = client->Post("/metrics", "x", "text/plain");
    REQUIRE(posted);
    CHECK(posted->status == 405);
    CHECK(posted->get_header_value("Allow") == "GET, HEAD");
    const auto nowhere = client->Get("/nowhere");
    REQUIRE(nowhere);
    CHECK(nowhere->status == 404);
}

}  // namespace web_foreign_client_test
