// PostgreSQL 15 with TLS, and one user who needs no password: a service that says something before
// TLS.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

#include "certs/issue.h"
#include "lab/core/endpoint.h"
#include "tests/support/background.h"
#include "tests/support/catch.h"
#include "tests/support/lab_folder.h"
#include "tests/support/temp_folder.h"

namespace sni::test {

class Postgres {
  public:
    /// It can be run here; else the test says that it was not.
    static bool there() {
        const bool found = ::access((kPrograms + "postgres").c_str(), X_OK) == 0;
        if (!found || ::geteuid() != 0) {
            WARN("not run: PostgreSQL 15 is not installed, or this is not root");
            return false;
        }
        return true;
    }

    /// Its user is `user`, its database "postgres".
    explicit Postgres(const certs::CertBundle& pair, const std::string& user = "lab")
        : port_(free_port()), server_(command(pair, user)) {
        // It says when it serves, on stderr.
        while (server_.line().find("ready to accept connections") == std::string::npos) {
        }
    }

    Endpoint listening() const { return parse_endpoint("127.0.0.1:" + port_).value(); }

  private:
    inline static const std::string kPrograms = "/usr/lib/postgresql/15/bin/";

    static std::vector<std::string> as_postgres(std::vector<std::string> words) {
        words.insert(words.begin(),
                     {"setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--"});
        return words;
    }

    std::vector<std::string> command(const certs::CertBundle& pair, const std::string& user) {
        const std::string data = (folder_ / "data").string();
        spill(folder_ / "site.crt", pair.chain_pem());
        spill(folder_ / "site.key", pair.key.reveal());
        REQUIRE(run_program({"install", "-d", "-o", "postgres", data}).status == 0);
        REQUIRE(run_program({"chmod", "755", folder_.path().string()}).status == 0);
        const Finished made = run_program(as_postgres(
            {kPrograms + "initdb", "-A", "trust", "-U", user, "--no-sync", "-D", data}));
        INFO(made.err);
        REQUIRE(made.status == 0);
        for (const char* file : {"crt", "key"}) {
            REQUIRE(run_program({"install", "-o", "postgres", "-m", "600",
                                 (folder_ / (std::string("site.") + file)).string(),
                                 data + "/server." + file})
                        .status == 0);
        }
        return as_postgres({"sh", "-c", "exec \"$0\" \"$@\" 2>&1", kPrograms + "postgres", "-D",
                            data, "-p", port_, "-h", "127.0.0.1", "-k", "", "-c", "ssl=on"});
    }

    TempFolder folder_;
    std::string port_;
    Background server_;
};

}  // namespace sni::test
