// Debian's PostgreSQL with TLS, and one user who needs no password: a service that says something
// before TLS. And PgBouncer, which stands in front of it and ends TLS.
#pragma once

#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include <fmt/format.h>
#include <unistd.h>

#include "certs/issue.h"
#include "lab/core/endpoint.h"
#include "tests/support/background.h"
#include "tests/support/catch.h"
#include "tests/support/lab_folder.h"
#include "tests/support/temp_folder.h"

namespace sni::test {

/// A certificate and its key in a folder of the user that PostgreSQL's programs are run as: they
/// refuse to be root's.
class PostgresFolder {
  public:
    explicit PostgresFolder(const certs::CertBundle& pair) {
        std::filesystem::permissions(folder_.path(), std::filesystem::perms(0755));
        std::filesystem::create_directory(path());
        put("server.crt", pair.chain_pem());
        put("server.key", pair.key.reveal());
        give(path());
    }

    std::string path() const { return (folder_ / "data").string(); }
    /// `words` as that user runs them.
    static std::vector<std::string> as_user(std::vector<std::string> words) {
        if (is_root()) {
            words.insert(words.begin(), {"setpriv", "--reuid=postgres", "--regid=postgres",
                                         "--init-groups", "--"});
        }
        return words;
    }
    /// The same, with its stderr on its stdout.
    static std::vector<std::string> as_user_aloud(std::vector<std::string> words) {
        words.insert(words.begin(), {"sh", "-c", "exec \"$0\" \"$@\" 2>&1"});
        return as_user(std::move(words));
    }
    /// Only its owner may read it, or PostgreSQL does not.
    void put(const std::string& name, const std::string& text) const {
        const std::filesystem::path file = std::filesystem::path(path()) / name;
        spill(file, text);
        std::filesystem::permissions(file, std::filesystem::perms(0600));
        give(file);
    }

  private:
    static bool is_root() { return ::geteuid() == 0; }
    static void give(const std::string& path) {
        if (is_root()) REQUIRE(run_program({"chown", "postgres", path}).status == 0);
    }

    TempFolder folder_;
};

class Postgres {
  public:
    /// It can be run here; else the test says that it was not, and fails where it must be.
    static bool there() { return have("postgresql", !programs().empty()); }

    /// Its user is `user`, its database "postgres".
    explicit Postgres(const certs::CertBundle& pair, const std::string& user = "lab")
        : folder_(pair), port_(free_port()), server_(command(user)) {
        // It says when it serves.
        while (server_.line().find("ready to accept connections") == std::string::npos) {
        }
    }

    Endpoint listening() const { return parse_endpoint("127.0.0.1:" + port_).value(); }

  private:
    /// Of whatever release Debian has; empty when it is not installed.
    static std::string programs() {
        std::error_code none;
        for (const auto& release :
             std::filesystem::directory_iterator("/usr/lib/postgresql", none)) {
            const std::string at = release.path().string() + "/bin/";
            if (::access((at + "postgres").c_str(), X_OK) == 0) return at;
        }
        return "";
    }

    std::vector<std::string> command(const std::string& user) const {
        const std::string data = folder_.path() + "/cluster";
        const Finished made = run_program(PostgresFolder::as_user(
            {programs() + "initdb", "-A", "trust", "-U", user, "--no-sync", "-D", data}));
        INFO(made.err);
        REQUIRE(made.status == 0);
        const std::string at = folder_.path();
        return PostgresFolder::as_user_aloud({programs() + "postgres", "-D", data, "-p", port_,
                                              "-h", "127.0.0.1", "-k", "", "-c", "ssl=on", "-c",
                                              "ssl_cert_file=" + at + "/server.crt", "-c",
                                              "ssl_key_file=" + at + "/server.key"});
    }

    PostgresFolder folder_;
    std::string port_;
    Background server_;
};

/// Ends the clients' TLS with `pair` and encrypts again to the PostgreSQL at `to`, both behind an
/// SSLRequest: what HAProxy and nginx cannot.
class PgBouncer {
  public:
    static bool there() { return have("pgbouncer"); }

    PgBouncer(const certs::CertBundle& pair, const Endpoint& to)
        : folder_(pair), port_(free_port()), program_(command(to)) {
        while (program_.line().find("process up") == std::string::npos) {
        }
    }

    std::string address() const { return "127.0.0.1:" + port_; }

  private:
    std::vector<std::string> command(const Endpoint& to) const {
        const std::string at = folder_.path();
        folder_.put(
            "bouncer.ini",
            fmt::format("[databases]\n* = host=127.0.0.1 port={} user=lab\n"
                        "[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {}\n"
                        "unix_socket_dir =\nauth_type = any\n"
                        "client_tls_sslmode = require\nclient_tls_cert_file = {}/server.crt\n"
                        "client_tls_key_file = {}/server.key\nserver_tls_sslmode = require\n",
                        to.port, port_, at, at));
        return PostgresFolder::as_user_aloud({"pgbouncer", at + "/bouncer.ini"});
    }

    PostgresFolder folder_;
    std::string port_;
    Background program_;
};

}  // namespace sni::test
