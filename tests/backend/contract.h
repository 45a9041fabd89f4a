// One table of requests and what must come back, asked of a backend directly and through the
// router: passthrough must make no difference.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "lab/backend/backend.h"
#include "lab/router/router.h"
#include "tests/support/backend_fixture.h"
#include "tests/support/catch.h"
#include "tests/support/tls_client.h"

namespace sni::test {

enum class Way { direct, through_router };

struct Row {
    std::string method;
    std::string target;
    int status;
    std::string headers = {};  ///< of the request, each line with its CRLF
    std::string body = {};
    std::vector<std::pair<std::string, std::string>> has = {};  ///< headers of the answer
    std::vector<std::string> lacks = {};          ///< and those that must not be there
    std::string contains = {};                    ///< part of the body
    std::optional<nlohmann::json> document = {};  ///< all of the body
};

inline std::string text_of(const std::vector<std::pair<std::string, std::string>>& headers) {
    std::string text;
    for (const auto& [name, value] : headers) {
        text += name + ": " + value + "\n";
    }
    return text;
}

class Contract {
  public:
    explicit Contract(Way way) {
        if (way == Way::direct) return;
        route::Route route{route::HostPattern::parse("httpbin.example.com").value(),
                           {{server_.listening(), 1}}};
        router_ = std::make_unique<router::Router>(route::RouteTable({std::move(route)}),
                                                   router::Options{.listen = {loopback(0)}});
    }

    Endpoint address() const {
        return router_ ? router_->listening().front() : server_.listening();
    }

    /// On the one connection that all requests share.
    Answer ask(const Row& row) {
        std::string length;
        if (!row.body.empty()) {
            length = "Content-Length: " + std::to_string(row.body.size()) + "\r\n";
        }
        if (!client_) client_ = std::make_unique<TlsClient>(address());
        client_->send(row.method + " " + row.target + " HTTP/1.1\r\nHost: httpbin.example.com\r\n" +
                      row.headers + length + "\r\n" + row.body);
        return client_->read_answer(row.method == "HEAD");
    }
    nlohmann::json document(const std::string& target, const std::string& headers = "") {
        return nlohmann::json::parse(
            ask({.method = "GET", .target = target, .status = 200, .headers = headers}).body);
    }

    void check(const std::vector<Row>& rows) {
        for (const Row& row : rows) {
            check(row);
        }
    }

    void check(const Row& row) {
        const Answer answer = ask(row);
        CAPTURE(row.method, row.target, row.headers, row.body.substr(0, 200));
        CAPTURE(text_of(answer.headers), answer.body.substr(0, 600));
        CHECK(answer.status == row.status);
        for (const auto& [name, value] : row.has) {
            CAPTURE(name);
            CHECK(answer.header(name) == value);
        }
        for (const std::string& name : row.lacks) {
            CAPTURE(name);
            CHECK_FALSE(answer.header(name));
        }
        CHECK(answer.body.find(row.contains) != std::string::npos);
        if (row.document) {
            CHECK(nlohmann::json::parse(answer.body, nullptr, false) == *row.document);
        }
        check_always(row, answer);
    }

  private:
    /// What holds for every answer there is.
    static void check_always(const Row& row, const Answer& answer) {
        CHECK(answer.header("Access-Control-Allow-Origin") == "*");
        CHECK(answer.header("Access-Control-Allow-Credentials") == "true");
        CHECK(answer.header("Date"));
        CHECK(answer.header("Server"));
        CHECK_FALSE(answer.header("Keep-Alive"));
        const bool refused = answer.status == 400 || answer.status == 404 || answer.status == 405;
        if (refused && row.method != "HEAD" && !row.target.starts_with("/status/4")) {
            const auto error = nlohmann::json::parse(answer.body, nullptr, false);
            CHECK(error.is_object());
            CHECK(error.value("status_code", 0) == answer.status);
            CHECK_FALSE(error.value("detail", "").empty());
        }
    }

    backend::Backend server_{backend_options()};
    std::unique_ptr<router::Router> router_;
    std::unique_ptr<TlsClient> client_;
};

}  // namespace sni::test
