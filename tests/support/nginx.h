// Debian's nginx with a static page and a certificate that is the test's: a service that is not
// ours.
#pragma once

#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>

#include <fmt/format.h>

#include "certs/issue.h"
#include "lab/core/endpoint.h"
#include "tests/support/background.h"
#include "tests/support/lab_folder.h"
#include "tests/support/peer.h"
#include "tests/support/temp_folder.h"

namespace sni::test {

class Nginx {
  public:
    /// `listen` goes behind the words of listen, `more` into the server's block.
    explicit Nginx(const certs::CertBundle& pair, const std::string& listen = "",
                   const std::string& more = "")
        : port_(free_port()),
          program_(
              {"nginx", "-c", config(pair, listen, more), "-e", (folder / "error.log").string()}) {
        listen_first();
    }

    Endpoint listening() const { return parse_endpoint("127.0.0.1:" + port_).value(); }

    /// Its certificate in site.crt, its key in site.key, and both in both.pem.
    TempFolder folder;

  private:
    /// Before anybody of this test asks for any free port, which might be this one.
    void listen_first() const {
        const auto deadline = std::chrono::steady_clock::now() + kPatience;
        for (;;) {
            try {
                Peer::to(listening());
                return;
            } catch (const std::runtime_error&) {
                if (std::chrono::steady_clock::now() > deadline) throw;
                std::this_thread::yield();
            }
        }
    }
    std::string config(const certs::CertBundle& pair, const std::string& listen,
                       const std::string& more) {
        const std::string at = folder.path().string();
        spill(folder / "site.crt", pair.chain_pem());
        spill(folder / "site.key", pair.key.reveal());
        spill(folder / "both.pem", pair.chain_pem() + pair.key.reveal());
        std::filesystem::create_directory(folder / "site");
        spill(folder / "site" / "index.html", "a static page\n");
        spill(
            folder / "nginx.conf",
            fmt::format("daemon off; master_process off; pid {0}/pid; error_log {0}/error.log;\n"
                        "events {{}}\n"
                        "http {{ access_log off; client_body_temp_path {0}/a; proxy_temp_path "
                        "{0}/b; fastcgi_temp_path {0}/c; uwsgi_temp_path {0}/d; scgi_temp_path "
                        "{0}/e;\n"
                        "server {{ listen 127.0.0.1:{1} ssl {2}; {3} ssl_certificate {0}/site.crt; "
                        "ssl_certificate_key {0}/site.key; ssl_protocols TLSv1.2 TLSv1.3; "
                        "root {0}/site; }} }}\n",
                        at, port_, listen, more));
        return at + "/nginx.conf";
    }

    std::string port_;
    Background program_;
};

}  // namespace sni::test
