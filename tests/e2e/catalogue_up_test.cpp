// `up` starts every scenario of the catalogue at the addresses that it chooses itself.
#include <filesystem>

#include "lab/core/default_listen.h"
#include "lab/manifest/documents/documents.h"
#include "lab/scenario/catalogue.h"
#include "lab/scenario/scenario.h"
#include "tests/support/catch.h"
#include "tests/support/lab_folder.h"

namespace e2e_catalogue_up_test {

using namespace sni;

TEST_CASE("up starts every scenario of the catalogue where it listens by itself", "[e2e]") {
    // In a network of its own, so that nobody else has the ports.
    const std::vector<std::string> apart = {"unshare", "--user", "--map-root-user",
                                            "--net",   "sh",     "-c"};
    const auto in_own_network = [&](const test::LabFolder& folder, const std::string& line) {
        std::vector<std::string> words = apart;
        words.push_back("ip link set lo up && " + line);
        return folder.run_other(words);
    };
    {
        const test::LabFolder folder;
        if (!test::installed("unshare") || !test::installed("ip") ||
            in_own_network(folder, "true").status != 0) {
            WARN("not run: this machine gives no network of one's own");
            return;
        }
    }
    for (const std::string& name : scenario::scenario_names()) {
        const test::LabFolder folder;
        const test::Finished up =
            in_own_network(folder, std::string(SNI_LAB_BINARY) + " up " + name + " --once -- true");
        CAPTURE(name, up.out, up.err);
        CHECK(up.status == 0);
    }
}

TEST_CASE("no two ports of a scenario are served at one address", "[e2e]") {
    for (const scenario::CatalogueEntry& entry : scenario::catalogue()) {
        std::vector<manifest::File> files;
        for (const manifest::File& file : entry.files) {
            if (file.name.ends_with("/manifests.yaml")) files.push_back(file);
        }
        const auto parsed = manifest::parse_manifests(files, "default");
        const auto ports = scenario::resolve(parsed.manifest, entry.name).scenario.gateway_ports;
        std::set<Endpoint> addresses;
        for (const auto& [port, address] : default_listen(ports, kLabOffset)) {
            CHECK(addresses.insert(address).second);
        }
    }
}

}  // namespace e2e_catalogue_up_test
