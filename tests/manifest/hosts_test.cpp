#include "lab/manifest/hosts.h"

#include <algorithm>
#include <string>
#include <vector>

#include "tests/support/catch.h"

namespace manifest_hosts_test {

using namespace sni::manifest;

namespace {

const std::vector<std::string> kHosts = {"a.org",     "b.a.org", "c.b.a.org", "xa.org", "org",
                                         "*.b.a.org", "*.a.org", "*.org",     "*a.org", "*"};

}  // namespace

TEST_CASE("a set of hosts overlaps what one of its members overlaps", "[manifest]") {
    for (unsigned members = 0; members < 1u << kHosts.size(); ++members) {
        HostSet set;
        std::vector<std::string> list;
        for (std::size_t i = 0; i < kHosts.size(); ++i) {
            if ((members >> i & 1u) == 0) continue;
            set.add(kHosts[i]);
            list.push_back(kHosts[i]);
        }
        for (const std::string& host : kHosts) {
            const bool any = std::ranges::any_of(
                list, [&](const std::string& member) { return overlap(member, host); });
            if (set.overlaps(host) != any) FAIL(host << " and set " << members);
        }
    }
    SUCCEED();
}

TEST_CASE("two hosts overlap when a name is both", "[manifest]") {
    CHECK(overlap("a.org", "a.org"));
    CHECK(overlap("*.org", "a.org"));
    CHECK(overlap("c.b.a.org", "*.org"));
    CHECK(overlap("*.b.a.org", "*.a.org"));
    CHECK(overlap("*", "a.org"));
    CHECK_FALSE(overlap("*.a.org", "a.org"));
    CHECK_FALSE(overlap("*.a.org", "xa.org"));
    CHECK_FALSE(overlap("*.a.org", "*.b.org"));
}

TEST_CASE("a host is covered by a member that stands for all its names", "[manifest]") {
    HostSet set;
    set.add("*.a.org");
    set.add("b.org");
    CHECK(set.covers("c.a.org"));
    CHECK(set.covers("*.b.a.org"));
    CHECK(set.covers("b.org"));
    CHECK_FALSE(set.covers("a.org"));
    CHECK_FALSE(set.covers("*.org"));
    CHECK_FALSE(set.covers("*.b.org"));
    CHECK_FALSE(set.covers("*"));
}

TEST_CASE("a server's host says for which namespace it is", "[manifest]") {
    CHECK(server_host("a.org", "edge").text() == "a.org");
    CHECK(server_host("*/a.org", "edge").text() == "a.org");
    CHECK(server_host("./a.org", "edge").text() == "edge/a.org");
    CHECK(server_host("apps/*.org", "edge").text() == "apps/*.org");
}

TEST_CASE("names between networks lead to the host in them", "[manifest]") {
    CHECK(without_direction("outbound_.443_._.a.org") == "a.org");
    CHECK(without_direction("outbound_.443_.v1_.a.org") == "a.org");
    for (const char* host : {"a.org", "outbound_.443", "outbound_.443_.a.org", "outbound_..._.x"}) {
        CHECK(without_direction(host) == host);
    }
}

TEST_CASE("what is wrong with a host is said", "[manifest]") {
    for (const char* fine : {"*", "a.org", "*.a.org", "*-b.org", "127.0.0.1", "localhost"}) {
        CAPTURE(fine);
        CHECK_FALSE(host_problem(fine));
    }
    CHECK(host_problem("") == "is empty");
    CHECK(host_problem("a..org") == "has an empty label");
    CHECK(host_problem("a.*.org") == "has a wildcard that is not its whole first label");
    CHECK(host_problem("-a.org") == "has a label that starts or ends with '-'");
    CHECK(host_problem("a.1") == "ends in a number, as no domain does");
    CHECK(host_problem(std::string(64, 'a') + ".org") == "has a label of more than 63 bytes");
    CHECK(server_host_problem("localhost") == "is a short name, which a gateway does not know");
    CHECK(server_host_problem("*b.org") == "has a wildcard that is not its whole first label");
}

}  // namespace manifest_hosts_test
