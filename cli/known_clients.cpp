#include "cli/known_clients.h"

#include <algorithm>

#include <unistd.h>

#include "lab/peers/live/child.h"

namespace sni::cli {

namespace {

// An address is no SNI (RFC 6066 §3), and s_client would send it as one, as node would.
constexpr const char* kOpenSsl =
    R"(case "$2" in *[!0-9.]*) name="-servername $2" ;; *) name=-noservername ;; esac
printf 'GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n' "$1" "$2" |
openssl s_client -quiet -connect "$3" $name -keylogfile "$4")";

// The context that http.client makes for itself, without the certificate's judgement: that is
// verify's own business.
constexpr const char* kPython = R"(
import http.client, socket, ssl, sys
host, port, to, path = sys.argv[1:]
ssl._create_default_https_context = ssl._create_unverified_context
class Client(http.client.HTTPSConnection):
    def connect(self):
        address, number = to.rsplit(':', 1)
        plain = socket.create_connection((address.strip('[]'), int(number)))
        self.sock = self._context.wrap_socket(plain, server_hostname=host)
client = Client(host, int(port))
client.request('GET', path)
print(client.getresponse().read().decode())
)";

constexpr const char* kNode = R"(
const [host, to, path] = process.argv.slice(1);
const colon = to.lastIndexOf(':');
require('https').get({host: to.slice(0, colon).replace(/[\[\]]/g, ''), port: to.slice(colon + 1),
                      path, servername: require('net').isIP(host) ? '' : host,
                      headers: {Host: host}, rejectUnauthorized: false},
                     answer => answer.pipe(process.stdout));
)";

/// The first of `programs` that is installed; empty: none is.
std::string installed(const std::vector<std::string>& programs) {
    for (const std::string& program : programs) {
        if (peers::find_program(program)) return program;
    }
    return "";
}

std::vector<std::string> chromium(const std::string& program) {
    std::vector<std::string> command = {program,
                                        "--headless=new",
                                        "--disable-gpu",
                                        "--disable-dev-shm-usage",
                                        "--no-first-run",
                                        "--disable-background-networking",
                                        "--disable-component-update",
                                        "--user-data-dir={folder}/profile",
                                        "--ignore-certificate-errors",
                                        "--host-resolver-rules=MAP {host}:{port} {connect}",
                                        "--ssl-key-log-file={keylog}"};
    if (::geteuid() == 0) command.emplace_back("--no-sandbox");  // root has none
    command.insert(command.end(), {"--dump-dom", "{url}"});
    return command;
}

}  // namespace

const std::vector<std::string>& known_clients() {
    static const std::vector<std::string> names = {"curl", "chromium", "openssl", "python", "node"};
    return names;
}

std::optional<OwnClient> known_client(std::string_view name) {
    OwnClient client{.name = std::string(name), .command = {}, .quiet = true};
    if (name == "curl") {
        client.command = {installed({"curl"}), "-sk", "--connect-to", "{host}:{port}:{connect}",
                          "{url}"};
    } else if (name == "chromium") {
        client.command = chromium(installed({"chromium", "chromium-browser", "google-chrome"}));
    } else if (name == "openssl") {
        const bool there = !installed({"openssl"}).empty();
        client.command = {there ? "sh" : "", "-c",     kOpenSsl,    "sh",
                          "{path}",          "{host}", "{connect}", "{keylog}"};
    } else if (name == "python") {
        client.command = {
            installed({"python3"}), "-c", kPython, "{host}", "{port}", "{connect}", "{path}"};
    } else if (name == "node") {
        client.command = {installed({"node", "nodejs"}),
                          "--tls-keylog={keylog}",
                          "-e",
                          kNode,
                          "{host}",
                          "{connect}",
                          "{path}"};
    }
    if (client.command.empty() || client.command.front().empty()) return std::nullopt;
    return client;
}

}  // namespace sni::cli
