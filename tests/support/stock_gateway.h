// Gateways of somebody else's, as Debian has them, that pass TCP on or end TLS and encrypt again.
#pragma once

#include <string>
#include <vector>

#include <fmt/format.h>

#include "certs/issue.h"
#include "lab/core/endpoint.h"
#include "tests/support/background.h"
#include "tests/support/lab_folder.h"
#include "tests/support/temp_folder.h"

namespace sni::test {

/// `kind` is "haproxy", "nginx" (its stream module) or "socat"; with " anew" behind it, it ends
/// TLS with `pair` and encrypts again.
class StockGateway {
  public:
    StockGateway(const certs::CertBundle& pair, const Endpoint& to, const std::string& kind)
        : port_(free_port()), program_(command(pair, to_string(to), kind)) {}

    std::string address() const { return "127.0.0.1:" + port_; }

  private:
    static constexpr const char* kHost = "httpbin.example.com";

    std::vector<std::string> command(const certs::CertBundle& pair, const std::string& to,
                                     const std::string& kind) const {
        const std::string at = folder_.path().string();
        const bool anew = kind.ends_with("anew");
        spill(folder_ / "site.crt", pair.chain_pem());
        spill(folder_ / "site.key", pair.key.reveal());
        spill(folder_ / "both.pem", pair.chain_pem() + pair.key.reveal());
        if (kind.starts_with("socat")) return socat(at, to, anew);
        if (kind.starts_with("haproxy")) {
            spill(folder_ / "haproxy.cfg", haproxy(at, to, anew));
            return {"haproxy", "-db", "-q", "-f", at + "/haproxy.cfg"};
        }
        spill(folder_ / "gate.conf", nginx(at, to, anew));
        return {"nginx", "-c", at + "/gate.conf", "-e", at + "/gate.log"};
    }

    std::vector<std::string> socat(const std::string& at, const std::string& to, bool anew) const {
        if (!anew) {
            return {"socat", fmt::format("TCP-LISTEN:{},bind=127.0.0.1,fork", port_), "TCP:" + to};
        }
        return {"socat",
                fmt::format("OPENSSL-LISTEN:{},bind=127.0.0.1,fork,cert={}/both.pem,verify=0",
                            port_, at),
                fmt::format("OPENSSL:{},verify=0,snihost={}", to, kHost)};
    }

    std::string haproxy(const std::string& at, const std::string& to, bool anew) const {
        return fmt::format(
            "defaults\n mode tcp\n timeout connect 5s\n timeout client 20s\n timeout server 20s\n"
            "listen gate\n bind {}{}\n server s {}{}\n",
            address(), anew ? fmt::format(" ssl crt {}/both.pem", at) : "", to,
            anew ? fmt::format(" ssl verify none sni str({})", kHost) : "");
    }

    std::string nginx(const std::string& at, const std::string& to, bool anew) const {
        return fmt::format(
            "load_module /usr/lib/nginx/modules/ngx_stream_module.so;\n"
            "daemon off; master_process off; pid {0}/gate.pid; error_log {0}/gate.log;\n"
            "events {{}}\nstream {{ server {{ listen {1}{2}; proxy_pass {3}; {4} }} }}\n",
            at, address(),
            anew ? fmt::format(
                       " ssl; ssl_certificate {0}/site.crt; ssl_certificate_key {0}/site.key", at)
                 : "",
            to,
            anew ? fmt::format("proxy_ssl on; proxy_ssl_server_name on; proxy_ssl_name {};", kHost)
                 : "");
    }

    TempFolder folder_;
    std::string port_;
    Background program_;
};

}  // namespace sni::test
