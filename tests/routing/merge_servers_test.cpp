#include "lab/routing/listeners/merge_servers.h"

#include "tests/support/catch.h"

namespace routing_merge_servers_test {

using namespace sni::routing;
using Fate = Merged::Fate;

namespace {

MergeServer server(const std::string& protocol, std::vector<std::string> hosts, bool tls,
                   const std::string& bind = "") {
    return {.port = 443,
            .protocol = protocol,
            .written = protocol,
            .bind = bind,
            .hosts = std::move(hosts),
            .tls = tls};
}

}  // namespace

TEST_CASE("servers with TLS share a port, but no host", "[routing]") {
    const Merge merge =
        merge_servers({server("TLS", {"a.org"}, true), server("HTTPS", {"b.org"}, true),
                       server("TLS", {"c.org", "b.org"}, true)});
    CHECK(merge.fates[0].fate == Fate::alone);
    CHECK(merge.fates[1].fate == Fate::alone);
    CHECK(merge.fates[2].fate == Fate::has_host);
    CHECK(merge.fates[2].other == 1);
    CHECK(merge.fates[2].host == "b.org");
    CHECK(merge.order == std::vector<std::size_t>{0, 1});
}

TEST_CASE("a host is taken at one address alone", "[routing]") {
    const Merge merge = merge_servers(
        {server("TLS", {"a.org"}, true), server("TLS", {"a.org"}, true, "127.0.0.1")});
    CHECK(merge.fates[1].kept());
}

TEST_CASE("behind a plain server TLS has no place on the port", "[routing]") {
    const Merge merge =
        merge_servers({server("HTTP", {"a.org"}, false), server("TLS", {"b.org"}, true),
                       server("GRPC", {"c.org"}, false)});
    CHECK(merge.fates[0].fate == Fate::alone);
    CHECK(merge.fates[1].fate == Fate::has_port);
    CHECK(merge.fates[1].other == 0);
    CHECK(merge.fates[2].kept());
    CHECK(merge.fates[2].protocol == "HTTP");
    CHECK(merge.order == std::vector<std::size_t>{0, 2});
}

TEST_CASE("a plain server joins one with TLS, and TLS that comes later is lost", "[routing]") {
    const Merge merge =
        merge_servers({server("TLS", {"a.org"}, true), server("HTTP", {"b.org"}, false),
                       server("TLS", {"c.org"}, true)});
    CHECK(merge.fates[1].fate == Fate::joins);
    CHECK(merge.fates[1].other == 0);
    CHECK(merge.fates[2].fate == Fate::has_port);
    CHECK(merge.fates[2].other == 1);
}

TEST_CASE("chains of one protocol are built in one go", "[routing]") {
    const Merge merge =
        merge_servers({server("TLS", {"a.org"}, true), server("HTTPS", {"b.org"}, true),
                       server("TLS", {"c.org"}, true)});
    CHECK(merge.order == std::vector<std::size_t>{0, 2, 1});
}

TEST_CASE("a tls block of plain HTTP makes no TLS", "[routing]") {
    CHECK(speaks_tls(true, "HTTPS"));
    CHECK(speaks_tls(true, "TCP"));
    CHECK_FALSE(speaks_tls(true, "HTTP2"));
    CHECK_FALSE(speaks_tls(true, "GRPC-WEB"));
    CHECK_FALSE(speaks_tls(false, "TLS"));
}

}  // namespace routing_merge_servers_test
