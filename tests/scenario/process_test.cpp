#include "lab/scenario/process.h"

#include "tests/support/catch.h"

namespace scenario_process_test {

using namespace sni;

TEST_CASE("gunicorn's command line says where it listens, and with which certificate",
          "[scenario]") {
    manifest::Container container;
    for (const char* word : {"gunicorn", "--access-logfile", "-", "-b", "0.0.0.0:8000", "-b",
                             "127.0.0.1:9000", "--certfile=/certs/tls.crt"}) {
        container.command.push_back({word, {}});
    }
    for (const char* word : {"--keyfile", "/certs/tls.key", "httpbin:app"}) {
        container.args.push_back({word, {}});
    }
    const scenario::Process process = scenario::process_of(container);
    CHECK(process.gunicorn);
    REQUIRE(process.binds.size() == 2);
    CHECK(process.binds[0].port == 8000);
    CHECK_FALSE(process.binds[0].loopback_only);
    CHECK(process.binds[1].port == 9000);
    CHECK(process.binds[1].loopback_only);
    REQUIRE(process.cert_file);
    CHECK(process.cert_file->value == "/certs/tls.crt");
    REQUIRE(process.key_file);
    CHECK(process.key_file->value == "/certs/tls.key");
}

TEST_CASE("a container without a command says nothing about its process", "[scenario]") {
    const scenario::Process process = scenario::process_of({});
    CHECK_FALSE(process.gunicorn);
    CHECK(process.binds.empty());
    CHECK_FALSE(process.cert_file);
    CHECK_FALSE(process.key_file);
}

}  // namespace scenario_process_test
