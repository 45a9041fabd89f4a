// The same requests to our backend and to Debian's python3-httpbin under gunicorn, with the same
// certificate: answered alike, where facts do not say that the reference is wrong.
#include <algorithm>
#include <csignal>
#include <set>

#include <nlohmann/json.hpp>
#include <poll.h>

#include "certs/store.h"
#include "lab/backend/backend.h"
#include "lab/core/encoding.h"
#include "lab/http/query.h"
#include "tests/support/backend_fixture.h"
#include "tests/support/background.h"
#include "tests/support/catch.h"
#include "tests/support/lab_folder.h"
#include "tests/support/tls_client.h"

namespace compat_httpbin_test {

using namespace sni;
using nlohmann::json;

namespace {

/// What of two answers has to be the same, beside the status.
enum class Same {
    code,      ///< not even the headers
    status,    ///< the headers: bodies differ by design
    body,      ///< every byte
    document,  ///< the JSON
    lines,     ///< JSON line by line
};

struct Row {
    Same same;
    std::string method;
    std::string target;
    std::string headers = {};
    std::string body = {};
};

class Reference {
  public:
    Reference() {
        certs::write_file(folder_ / "a.crt", test::lab_certificate().chain_pem());
        certs::write_file(folder_ / "a.key", test::lab_certificate().key.reveal(), 0600);
        const std::string port = test::free_port();
        address_ = loopback(static_cast<std::uint16_t>(std::stoi(port)));
        gunicorn_.emplace(std::vector<std::string>{
            "gunicorn", "--bind", "127.0.0.1:" + port, "--workers", "1", "--certfile",
            (folder_ / "a.crt").string(), "--keyfile", (folder_ / "a.key").string(),
            "--worker-tmp-dir", folder_.path().string(), "httpbin:app"});
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
        while (std::chrono::steady_clock::now() < deadline) {
            try {
                if (test::TlsClient(address_).get("/ip").status == 200) return;
            } catch (const std::exception&) {
                ::poll(nullptr, 0, 50);  // nobody tells when it is ready
            }
        }
        FAIL("gunicorn does not answer");
    }
    ~Reference() { gunicorn_->end(SIGTERM); }

    const Endpoint& address() const { return address_; }

  private:
    test::TempFolder folder_;
    Endpoint address_ = loopback(0);
    std::optional<test::Background> gunicorn_;
};

test::Answer ask(const Endpoint& server, const Row& row) {
    test::TlsClient client(server);
    std::string length;
    if (!row.body.empty()) length = "Content-Length: " + std::to_string(row.body.size()) + "\r\n";
    client.send(row.method + " " + row.target + " HTTP/1.1\r\nHost: httpbin.example.com\r\n" +
                row.headers + length + "\r\n" + row.body);
    return client.read_answer(row.method == "HEAD");
}

std::string media_type(const test::Answer& answer) {
    const std::string type = answer.header("Content-Type").value_or("");
    return type.substr(0, type.find(';'));
}

std::set<std::string> allowed(const test::Answer& answer) {
    std::set<std::string> methods;
    std::string text = answer.header("Allow").value_or("");
    std::erase(text, ' ');
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find(',', at), text.size());
        methods.insert(text.substr(at, end - at));
        at = end + 1;
    }
    methods.erase("TRACE");  // the reference serves it on some paths and does not say so
    return methods;
}

void compare(const Row& row, const test::Answer& ours, const test::Answer& theirs) {
    CHECK(ours.status == theirs.status);
    if (row.same == Same::code) return;
    for (const std::string name :
         {"Location", "ETag", "Content-Range", "Accept-Ranges", "WWW-Authenticate", "Cache-Control",
          "Content-Encoding", "Access-Control-Allow-Origin", "Access-Control-Allow-Credentials",
          "Access-Control-Allow-Methods", "Access-Control-Max-Age", "x-more-info"}) {
        CAPTURE(name);
        CHECK(ours.header(name) == theirs.header(name));
    }
    CHECK(allowed(ours) == allowed(theirs));
    if (row.same == Same::status) return;
    if (!media_type(theirs).empty()) CHECK(media_type(ours) == media_type(theirs));
    const auto document = [](const std::string& text) {
        json parsed = json::parse(text, nullptr, false);
        // The reference shows the URL half decoded.
        if (parsed.contains("url")) {
            parsed["url"] = http::percent_decode(parsed["url"].get<std::string>());
        }
        return parsed;
    };
    if (row.same == Same::body) CHECK(ours.body == theirs.body);
    if (row.same == Same::document) CHECK(document(ours.body) == document(theirs.body));
    if (row.same == Same::lines) {
        const auto lines = [&](const std::string& text) {
            json all = json::array();
            for (std::size_t at = 0; at < text.size();) {
                const std::size_t end = std::min(text.find('\n', at), text.size());
                all.push_back(document(text.substr(at, end - at)));
                at = end + 1;
            }
            return all;
        };
        CHECK(lines(ours.body) == lines(theirs.body));
    }
}

std::vector<Row> rows() {
    const std::string form = "Content-Type: application/x-www-form-urlencoded\r\n";
    const std::string parts = "Content-Type: multipart/form-data; boundary=b\r\n";
    const std::string multipart =
        "--b\r\nContent-Disposition: form-data; name=\"t\"\r\n\r\ntext\r\n"
        "--b\r\nContent-Disposition: form-data; name=\"f\"; "
        "filename=\"x\"\r\n\r\nfile\r\n--b--\r\n";
    const auto basic = [](const std::string& pair) {
        return "Authorization: Basic " + to_base64(as_bytes(pair)) + "\r\n";
    };
    using enum Same;
    return {
        {document, "GET", "/get"},
        {document, "GET", "/get?a=1&b=2&a=3&c&=x&d=%41+%2B&e=%zz&f=a=b"},
        {document, "GET", "/get?show_env=1", "Via: x\r\nX-Forwarded-Port: 1\r\n"},
        {document, "GET", "/get", "Via: x\r\nX-Forwarded-For: 203.0.113.9\r\nForwarded: by=me\r\n"},
        {document, "GET", "/headers", "x-foo-BAR: 1\r\nDNT: 1\r\nETag: x\r\n"},
        {document, "GET", "/headers", "X-A: 1\r\nX-A: 2\r\n"},
        {document, "GET", "/ip"},
        {document, "GET", "/user-agent", "User-Agent: curl/8\r\n"},
        {document, "GET", "/user-agent"},
        {document, "GET", "/anything/a/b%20c?x=y"},
        {document, "PUT", "/anything", "Content-Type: text/plain\r\n", "text"},
        {document, "POST", "/post", form, "a=1&a=2&b=%C3%A9&c"},
        {document, "POST", "/post", parts, multipart},
        {document, "POST", "/post", "Content-Type: application/json\r\n",
         R"({"a":[1,{"b":null}]})"},
        {document, "POST", "/post", "Content-Type: text/plain\r\n", "no json"},
        {document, "POST", "/post", "Content-Type: application/octet-stream\r\n", "\xFF\xFE"},
        {document, "POST", "/post"},
        {document, "PUT", "/put", form, "a=1"},
        {document, "PATCH", "/patch", "", "\"scalar\""},
        {document, "DELETE", "/delete", "", "data"},
        {document, "GET", "/delay/0"},
        {document, "GET", "/cookies", "Cookie: a=1; b=x=y\r\n"},
        {document, "GET", "/cookies", "Cookie: k=\"q r\"\r\n"},
        {document, "GET", "/basic-auth/u/p", basic("u:p")},
        {document, "GET", "/hidden-basic-auth/u/p", basic("u:p")},
        {status, "GET", "/basic-auth/u/p"},
        {status, "GET", "/basic-auth/u/p", basic("u:x")},
        {status, "GET", "/hidden-basic-auth/u/p"},
        {body, "GET", "/bytes/32?seed=0"},
        {body, "GET", "/bytes/999?seed=-12345678901234567890"},
        {body, "GET", "/stream-bytes/300?seed=1&chunk_size=7"},
        {lines, "GET", "/stream/3?a=b"},
        {body, "GET", "/drip?duration=0&numbytes=5&code=201"},
        {body, "GET", "/range/26"},
        {body, "GET", "/range/26", "Range: bytes=2-5\r\n"},
        {body, "GET", "/range/26", "Range: bytes=20-\r\n"},
        {body, "GET", "/range/26", "Range: bytes=-4\r\n"},
        {body, "GET", "/range/26", "Range: bytes=0-25\r\n"},
        {status, "GET", "/range/26", "Range: bytes=0-40\r\n"},
        {status, "GET", "/range/26", "Range: bytes=9-5\r\n"},
        {code, "GET", "/range/0"},  // the reference adds an ETag to its 404
        {document, "GET", "/etag/x", "If-Match: x\r\n"},
        {status, "GET", "/etag/x", "If-None-Match: x\r\n"},
        {status, "GET", "/etag/x", "If-Match: y\r\n"},
        {status, "GET", "/cache", "If-None-Match: x\r\n"},
        {document, "GET", "/cache/60"},
        {body, "GET", "/status/418"},
        {document, "GET", "/status/406"},
        {status, "GET", "/status/204"},
        {status, "GET", "/status/301"},
        {status, "GET", "/status/401"},
        {status, "GET", "/status/404"},
        {status, "GET", "/status/abc"},
        {status, "GET", "/redirect/1"},
        {status, "GET", "/redirect/3"},
        {status, "GET", "/redirect/3?absolute=true"},
        {status, "GET", "/relative-redirect/2"},
        {status, "GET", "/absolute-redirect/2"},
        {status, "GET", "/redirect-to?url=http%3A%2F%2Fexample.com%2F&status_code=307"},
        {status, "GET", "/cookies/set?a=1"},
        {status, "GET", "/cookies/delete?a"},
        {body, "GET", "/robots.txt"},
        {status, "GET", "/xml"},
        {status, "GET", "/html"},
        {status, "GET", "/image", "Accept: image/webp\r\n"},
        {status, "GET", "/image", "Accept: text/html\r\n"},
        {status, "GET", "/image/gif"},
        {status, "GET", "/links/3"},
        {body, "GET", "/links/3/1"},
        {body, "GET", "/links/0/0"},
        {status, "GET", "/gzip"},
        {status, "GET", "/deflate"},
        {status, "OPTIONS", "/get"},
        {status, "OPTIONS", "/status/200"},
        {status, "POST", "/get"},
        {status, "GET", "/post"},
        {status, "GET", "/nowhere"},
        {status, "GET", "/get/"},
        {status, "HEAD", "/get"},
        {status, "GET", "/anything/"},
    };
}

}  // namespace

TEST_CASE("python3-httpbin under gunicorn answers the same requests alike", "[compat]") {
    if (!test::have("gunicorn")) return;
    if (test::run_program({"/usr/bin/python3", "-c", "import httpbin"}).status != 0) {
        if (std::getenv("SNI_LAB_REQUIRE_PEERS")) FAIL("python3-httpbin is not installed");
        WARN("not run: python3-httpbin is not installed (./run setup peers)");
        return;
    }
    const backend::Backend ours(test::backend_options());
    const Reference theirs;
    for (const Row& row : rows()) {
        const test::Answer our_answer = ask(ours.listening(), row);
        const test::Answer their_answer = ask(theirs.address(), row);
        CAPTURE(row.method, row.target, row.headers, row.body);
        CAPTURE(our_answer.body, their_answer.body);
        compare(row, our_answer, their_answer);
    }
}

}  // namespace compat_httpbin_test
