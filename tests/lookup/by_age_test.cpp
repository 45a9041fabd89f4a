#include "lab/lookup/by_age.h"

#include "lab/manifest/manifest.h"
#include "tests/support/catch.h"

namespace lookup_by_age_test {

using namespace sni;

namespace {

manifest::Gateway gateway(const std::string& ns, const std::string& name,
                          const std::string& created) {
    manifest::Gateway gateway;
    gateway.meta.ns.value = ns;
    gateway.meta.name.value = name;
    gateway.meta.created = created;
    return gateway;
}

}  // namespace

TEST_CASE("older objects come first, then names, then namespaces; those without a time last",
          "[lookup]") {
    const std::vector<manifest::Gateway> all = {
        gateway("b", "new", ""), gateway("b", "same", "2026-01-02T00:00:00Z"),
        gateway("a", "same", "2026-01-02T00:00:00Z"), gateway("a", "first", "2026-01-02T00:00:00Z"),
        gateway("z", "old", "2026-01-01T00:00:00Z")};
    std::vector<std::string> order;
    for (const manifest::Gateway* one : lookup::by_age(all)) {
        order.push_back(one->meta.path());
    }
    CHECK(order == std::vector<std::string>{"z/old", "a/first", "a/same", "b/same", "b/new"});
}

}  // namespace lookup_by_age_test
