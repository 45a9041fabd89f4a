// What a lab says about the machine's network: that others can reach it, or that nobody can.
#include "tests/support/catch.h"
#include "tests/support/lab_folder.h"

namespace e2e_machine_network_test {

using namespace sni;
using test::Finished;
using test::LabFolder;

namespace {

/// `line` where the loopback interface is down, as in a network that nobody has set up.
Finished without_loopback(const LabFolder& folder, const std::string& line) {
    return folder.run_other({"unshare", "--user", "--map-root-user", "--net", "sh", "-c", line});
}

}  // namespace

TEST_CASE("up warns of a listener that other machines can reach, and of no other", "[e2e]") {
    const LabFolder lab;
    const Finished open =
        lab.run({"up", "--listen", "0.0.0.0:0", "--once", "--", "sh", "-c", "echo $SNI_LAB_GATE"});
    CAPTURE(open.out, open.err);
    CHECK(open.status == 0);
    CHECK(open.err.find("can be reached from other machines [SL5003]") != std::string::npos);
    const Finished closed = lab.run({"up", "--listen", "127.0.0.1:0", "--once", "--", "true"});
    CHECK(closed.err.find("SL5003") == std::string::npos);
}

TEST_CASE("the curl line of a lab that listens everywhere names an address to go to", "[e2e]") {
    for (const std::string listen : {"0.0.0.0:0", "[::]:0"}) {
        const LabFolder lab;
        const Finished up = lab.run({"up", "--listen", listen, "--detach"});
        CAPTURE(up.out, up.err);
        if (listen.starts_with('[') && up.status != 0) continue;  // a machine without IPv6
        CHECK(up.status == 0);
        CHECK(up.err.find("SL5003") != std::string::npos);
        REQUIRE(up.out.find("--resolve ") != std::string::npos);
        const std::string line = up.out.substr(up.out.find("--resolve "));
        CHECK(line.find(":0.0.0.0") == std::string::npos);
        CHECK(line.find(":[::] ") == std::string::npos);
    }
}

TEST_CASE("a machine without loopback is told as that, and no gateway is blamed", "[e2e]") {
    const LabFolder lab;
    if (!test::installed("unshare") || without_loopback(lab, "true").status != 0) {
        WARN("not run: this machine gives no network of one's own");
        return;
    }
    for (const std::string command : {"demo", "up --once -- true", "verify"}) {
        const Finished ran = without_loopback(lab, std::string(SNI_LAB_BINARY) + " " + command);
        CAPTURE(command, ran.out, ran.err);
        CHECK(ran.status == 7);
        CHECK(ran.err.find("127.0.0.1 cannot be reached on this machine") != std::string::npos);
        CHECK(ran.err.find("[SL1221]") != std::string::npos);
        CHECK(ran.out.find("FAILS") == std::string::npos);
    }
}

TEST_CASE("a backend that is down without IPv6 is no shortage of the router's own", "[e2e]") {
    const LabFolder lab;
    const std::string v4_alone =
        "echo 1 > /proc/sys/net/ipv6/conf/lo/disable_ipv6 && ip link set lo up || exit 9\n";
    if (!test::installed("unshare") || !test::installed("ip") ||
        without_loopback(lab, v4_alone).status != 0) {
        WARN("not run: this machine gives no network of one's own");
        return;
    }
    const Finished ran = without_loopback(
        lab, v4_alone + SNI_LAB_BINARY +
                 " router --listen 127.0.0.1:7443 --route a.example.com=localhost:1 "
                 "--route b.example.com=[::1]:1 --access-log log > out &\n"
                 "until grep -q ready out; do :; done\n"
                 "for name in a b; do\n"
                 "  openssl s_client -connect 127.0.0.1:7443 -servername $name.example.com <&-\n"
                 "done\n"
                 "until [ $(wc -l < log) = 2 ]; do :; done; kill $!; wait; cat log");
    CAPTURE(ran.out, ran.err);
    CHECK(ran.out.find(R"("error":"Connection refused")") != std::string::npos);
    CHECK(ran.out.find(R"("error":"Network is unreachable")") != std::string::npos);
    CHECK(ran.out.find(R"("outcome":"failed")") == std::string::npos);
}

}  // namespace e2e_machine_network_test
