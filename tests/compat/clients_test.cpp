// Other people's clients against our backend: forms, uploads, redirects, passwords, ranges,
// trailers, WebSockets, over TLS that they set up themselves.
#include <nlohmann/json.hpp>

#include "certs/inspect.h"
#include "certs/store.h"
#include "lab/backend/backend.h"
#include "lab/core/encoding.h"
#include "tests/support/backend_fixture.h"
#include "tests/support/catch.h"
#include "tests/support/lab_folder.h"

namespace compat_clients_test {

using namespace sni;
using nlohmann::json;

namespace {

class Site {
  public:
    explicit Site(backend::Options options = test::backend_options())
        : server_(std::move(options)) {
        certs::write_file(certificate, test::lab_certificate().chain_pem());
    }

    std::string port() const { return std::to_string(server_.listening().port); }
    std::string base() const { return "https://127.0.0.1:" + port(); }
    std::string named() const { return "https://httpbin.example.com:" + port(); }

    std::string run(const std::vector<std::string>& command, const std::string& input = "") const {
        const test::Finished finished = test::run_program(command, input);
        CAPTURE(command.front(), finished.out, finished.err);
        CHECK(finished.status == 0);
        return finished.out;
    }
    std::string curl(std::vector<std::string> more) const {
        std::vector<std::string> line = {
            "curl",     "-sS",       "--noproxy", "*",
            "--cacert", certificate, "--resolve", "httpbin.example.com:" + port() + ":127.0.0.1"};
        line.insert(line.end(), more.begin(), more.end());
        return run(line);
    }

    test::TempFolder folder;
    std::string certificate = folder / "a.crt";

  private:
    backend::Backend server_;
};

/// SHA-256 of the lab certificate's public key, as Chromium's pins are written.
std::string key_pin() {
    const auto facts = certs::inspect(test::lab_certificate().cert_pem);
    return to_base64(facts.value().front().spki_sha256);
}

bool python_has(const std::string& module) {
    return test::run_program({"python3", "-c", "import " + module}).status == 0;
}

}  // namespace

TEST_CASE("curl posts forms and files, follows redirects, and logs in", "[compat]") {
    const Site site;
    const std::string base = site.named();
    CHECK(json::parse(site.curl({"-d", "a=1&b=x+y", base + "/post"})).at("form") ==
          json({{"a", "1"}, {"b", "x y"}}));
    test::spill(site.folder / "up", std::string(3'000'000, 'u'));
    const std::string file = (site.folder / "up").string();
    CHECK(
        json::parse(site.curl({"-T", file, "-X", "PUT", base + "/upload"})).at("bytes_received") ==
        3'000'000);
    CHECK(json::parse(site.curl({"-T", file, "-H", "Transfer-Encoding: chunked", "-X", "PUT",
                                 base + "/upload"}))
              .at("bytes_received") == 3'000'000);
    CHECK(json::parse(site.curl({"-F", "f=@" + file, base + "/anything"}))
              .at("files")
              .at("f")
              .get<std::string>()
              .size() == 3'000'000);
    CHECK(json::parse(site.curl({"-L", base + "/redirect/5"})).at("url") == base + "/get");
    CHECK(json::parse(site.curl({"-L", base + "/redirect/3?absolute=true"})).at("url") ==
          base + "/get");
    CHECK(json::parse(site.curl({"-L", "-b", "", "-c", (site.folder / "jar").string(),
                                 base + "/cookies/set?tea=pot"}))
              .at("cookies") == json({{"tea", "pot"}}));
    for (const std::string path :
         {"/basic-auth/user/passwd", "/digest-auth/auth/user/passwd",
          "/digest-auth/auth/user/passwd/SHA-256", "/digest-auth/x/user/passwd?a=b"}) {
        CAPTURE(path);
        const json welcome =
            json::parse(site.curl({"--anyauth", "-u", "user:passwd", base + path}));
        CHECK(welcome.at("authenticated") == true);
    }
    CHECK(site.curl({"-r", "2-5", base + "/range/26"}) == "cdef");
    for (const std::string path : {"/gzip", "/deflate", "/brotli"}) {
        CHECK(json::parse(site.curl({"--compressed", base + path})).at("method") == "GET");
    }
    CHECK(site.curl({"-I", base + "/image/png"}).find("Content-Length: 87\r\n") !=
          std::string::npos);
}

TEST_CASE("curl upgrades to a WebSocket", "[compat]") {
    backend::Options options = test::backend_options();
    options.limits.idle = std::chrono::milliseconds(300);  // curl has nothing more to say
    const Site site(std::move(options));
    const test::Finished finished = test::run_program(
        {"curl", "-sSki", "--noproxy", "*", "--http1.1", "-H", "Connection: Upgrade", "-H",
         "Upgrade: websocket", "-H", "Sec-WebSocket-Version: 13", "-H",
         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", site.base() + "/websocket/echo"});
    CAPTURE(finished.out, finished.err);
    CHECK(finished.out.starts_with("HTTP/1.1 101 Switching Protocols\r\n"));
    CHECK(finished.out.find("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n") !=
          std::string::npos);
}

TEST_CASE("wget logs in, follows redirects, and continues a file", "[compat]") {
    if (!test::have("wget")) return;
    const Site site;
    const auto wget = [&](std::vector<std::string> more) {
        std::vector<std::string> line = {"wget",      "-q", "--no-proxy", "--no-check-certificate",
                                         "--tries=1", "-O", "-"};
        line.insert(line.end(), more.begin(), more.end());
        return site.run(line);
    };
    CHECK(json::parse(wget({site.base() + "/redirect/3"})).at("url") == site.base() + "/get");
    CHECK(json::parse(
              wget({"--user=user", "--password=passwd", site.base() + "/basic-auth/user/passwd"}))
              .at("authenticated") == true);
    CHECK(json::parse(wget({"--user=user", "--password=passwd",
                            site.base() + "/digest-auth/auth/user/passwd"}))
              .at("authenticated") == true);
    CHECK(json::parse(wget({"--post-data=a=1", site.base() + "/post"})).at("form").at("a") == "1");
    test::spill(site.folder / "half", "abcde");
    const std::string half = (site.folder / "half").string();
    site.run({"wget", "-q", "--no-proxy", "--no-check-certificate", "-c", "-O", half,
              site.base() + "/range/26"});
    CHECK(test::slurp(half) == "abcdefghijklmnopqrstuvwxyz");
}

TEST_CASE("Python reads chunks, compressed answers and digests", "[compat]") {
    if (!test::have("python3")) return;
    const Site site;
    const std::string script = R"(
import json, ssl, sys, urllib.request as u
base = sys.argv[1]
context = ssl._create_unverified_context()
keys = u.HTTPPasswordMgrWithDefaultRealm()
keys.add_password(None, base, 'user', 'passwd')
opener = u.build_opener(u.ProxyHandler({}), u.HTTPSHandler(context=context), u.HTTPDigestAuthHandler(keys),
                        u.HTTPCookieProcessor())
def get(path, data=None):
    return opener.open(base + path, data).read()
assert len(get('/stream/5').splitlines()) == 5
assert json.loads(get('/digest-auth/auth/user/passwd'))['authenticated']
assert json.loads(get('/cookies/set?a=b'))['cookies']['a'] == 'b'
assert json.loads(get('/post', b'x=1'))['form'] == {'x': '1'}
)";
    site.run({"python3", "-c", script, site.base()});
    if (!python_has("requests")) {
        WARN("not run: python3-requests is not installed (./run setup peers)");
        return;
    }
    const std::string with_requests = R"(
import requests, sys, warnings
warnings.simplefilter('ignore')
s = requests.Session(); s.trust_env = False; s.verify = False
base = sys.argv[1]
assert s.get(base + '/gzip').json()['gzipped'] and s.get(base + '/deflate').json()['deflated']
assert s.post(base + '/post', files={'f': b'x'}, data={'a': '1'}).json()['form'] == {'a': '1'}
assert s.get(base + '/redirect/4').url == base + '/get'
for alg in ('MD5', 'SHA-256', 'SHA-512'):
    auth = requests.auth.HTTPDigestAuth('user', 'passwd')
    assert s.get(base + '/digest-auth/auth/user/passwd/' + alg, auth=auth).json()['authenticated']
assert s.get(base + '/status/418').status_code == 418
)";
    site.run({"python3", "-c", with_requests, site.base()});
}

TEST_CASE("node keeps a connection alive, posts, and reads trailers", "[compat]") {
    if (!test::have("node")) return;
    const Site site;
    const std::string script = R"(
const https = require('https'), fs = require('fs'), assert = require('assert');
const [port, ca] = process.argv.slice(1);
const agent = new https.Agent({keepAlive: true, maxSockets: 1});
function ask(method, path, body) {
  return new Promise((done, fail) => {
    const req = https.request({host: '127.0.0.1', port, servername: 'httpbin.example.com',
      ca: fs.readFileSync(ca), agent, method, path, headers: {Host: 'httpbin.example.com'}}, res => {
      let text = '';
      res.on('data', d => text += d);
      res.on('end', () => done({status: res.statusCode, text, trailers: res.trailers, reused: req.reusedSocket}));
    });
    req.on('error', fail);
    req.end(body);
  });
}
(async () => {
  assert.equal((await ask('GET', '/status/418')).status, 418);
  const posted = await ask('POST', '/post', JSON.stringify({a: [1, 2]}));
  assert.deepEqual(JSON.parse(posted.text).json, {a: [1, 2]});
  assert(posted.reused);
  assert.deepEqual((await ask('GET', '/trailers?x-tea=pot')).trailers, {'x-tea': 'pot'});
  const tls = JSON.parse((await ask('GET', '/tls')).text);
  assert.equal(tls.sni, 'httpbin.example.com');
  agent.destroy();
})();
)";
    site.run({"node", "-e", script, site.port(), site.certificate});
}

TEST_CASE("openssl s_client trusts the certificate, asks by hand, and resumes", "[compat]") {
    const Site site;
    const std::string ticket = (site.folder / "ticket").string();
    const auto ask = [&](std::vector<std::string> more) {
        std::vector<std::string> line = {"openssl",
                                         "s_client",
                                         "-connect",
                                         "127.0.0.1:" + site.port(),
                                         "-servername",
                                         "httpbin.example.com",
                                         "-CAfile",
                                         site.certificate,
                                         "-verify_hostname",
                                         "httpbin.example.com",
                                         "-verify_return_error",
                                         "-ign_eof"};
        line.insert(line.end(), more.begin(), more.end());
        return site.run(line, "GET /tls HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    };
    for (const std::string version : {"-tls1_2", "-tls1_3"}) {
        CAPTURE(version);
        const std::string first = ask({version, "-sess_out", ticket});
        CHECK(first.find("Verify return code: 0 (ok)") != std::string::npos);
        CHECK(first.find("HTTP/1.1 200 OK\r\n") != std::string::npos);
        CHECK(first.find("\"resumed\": false") != std::string::npos);
        const std::string again = ask({version, "-sess_in", ticket});
        CHECK(again.find("\"resumed\": true") != std::string::npos);
    }
    CHECK(ask({"-alpn", "h2,http/1.1"}).find("ALPN protocol: http/1.1") != std::string::npos);
}

TEST_CASE("Chromium shows the front page and posts a form", "[compat]") {
    if (!test::installed("chromium")) {
        WARN("not run: chromium is not installed");
        return;
    }
    const Site site;
    const auto shown = [&](const std::string& url) {
        return site.run({"timeout", "60", "chromium", "--headless", "--no-sandbox", "--disable-gpu",
                         "--disable-dev-shm-usage", "--no-proxy-server",
                         "--user-data-dir=" + (site.folder / "profile").string(),
                         "--host-resolver-rules=MAP httpbin.example.com 127.0.0.1",
                         "--ignore-certificate-errors-spki-list=" + key_pin(),
                         "--virtual-time-budget=5000", "--dump-dom", url});
    };
    const std::string front = shown(site.named() + "/");
    CHECK(front.find("<h1") != std::string::npos);
    CHECK(front.find("CN=httpbin.example.com") != std::string::npos);
    CHECK(front.find("href=\"/status/418\"") != std::string::npos);

    test::spill(site.folder / "form.html", "<form method=post action=\"" + site.named() +
                                               "/post\"><input name=tea value=\"Earl Grey\"></form>"
                                               "<script>document.forms[0].submit()</script>");
    const std::string posted = shown("file://" + (site.folder / "form.html").string());
    const std::size_t begin = posted.find('{');
    const std::size_t end = posted.rfind('}');
    REQUIRE(begin != std::string::npos);
    const json echo = json::parse(posted.substr(begin, end + 1 - begin));
    CHECK(echo.at("form") == json({{"tea", "Earl Grey"}}));
    CHECK(echo.at("url") == site.named() + "/post");
    CHECK(echo.at("headers").at("User-Agent").get<std::string>().find("Chrome/") !=
          std::string::npos);
}

}  // namespace compat_clients_test
