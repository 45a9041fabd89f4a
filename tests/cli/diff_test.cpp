#include <fstream>

#include <nlohmann/json.hpp>

#include "tests/support/catch.h"
#include "tests/support/kubernetes.h"
#include "tests/support/run_cli.h"
#include "tests/support/temp_folder.h"

using namespace sni;
using namespace sni::test::k8s;

namespace {

/// Two files, "old.yaml" and "new.yaml".
class Sides {
  public:
    Sides(const std::string& old, const std::string& now) {
        std::ofstream(this->old()) << old;
        std::ofstream(this->now()) << now;
    }
    std::string old() const { return (folder_ / "old.yaml").string(); }
    std::string now() const { return (folder_ / "new.yaml").string(); }
    test::Ran run(std::vector<std::string> more = {}) const {
        more.insert(more.begin(), {"diff", old(), now()});
        return test::run(more);
    }

  private:
    test::TempFolder folder_;
};

std::string routed(std::string_view to) {
    return two_backends() + service("vs", "a.example.com", rule("a.example.com", to));
}

}  // namespace

TEST_CASE("diff says no when a name goes elsewhere, and yes when none does", "[cli]") {
    const Sides sides(routed("a"), routed("b"));
    const test::Ran moved = sides.run();
    CHECK(moved.status == 1);
    CHECK(moved.err.empty());
    CHECK_THAT(moved.out, test::StartsWith("1 name changes: 1 goes elsewhere; 0 names go") &&
                              test::Contains("a.example.com  443  ns/a:443 -> ns/b:443  ") &&
                              test::Contains("old.yaml:") && test::Contains("new.yaml:"));
    const test::Ran same = Sides(routed("a"), routed("a")).run();
    CHECK(same.status == 0);
    CHECK(same.out == "no change: 1 name goes where it went\n");
    CHECK(test::run({"diff", "passthrough", "passthrough"}).status == 0);
}

TEST_CASE("diff answers for programs, pull requests and workflows", "[cli]") {
    const Sides sides(routed("a"), routed("b"));
    const auto document = nlohmann::json::parse(sides.run({"--json"}).out);
    CHECK(document["schema"] == "sni-lab/diff/1");
    CHECK(document["changes"][0]["change"] == "moved");
    CHECK(document["changes"][0]["old"][0]["rule"]["kind"] == "VirtualService");
    CHECK_THAT(sides.run({"--markdown"}).out, test::StartsWith("## sni-lab diff\n"));
    CHECK_THAT(sides.run({"--github"}).out, test::StartsWith("::warning title=sni-lab diff"));
    CHECK(sides.run({"--json", "--github"}).status == 2);
}

TEST_CASE("diff says nothing at all where one side cannot be read", "[cli]") {
    const test::TempFolder folder;
    for (const std::string& wrong :
         {std::string("a: [\n"), std::string("apiVersion: v1\nkind: Service\nmetadata: {name: a}\n"
                                             "spec: {ports: [{port: \"443\"}]}\n")}) {
        const Sides sides(
            "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n" + routed("a"), wrong);
        const test::Ran ran = sides.run();
        CHECK(ran.status == 2);
        CHECK(ran.out.empty());
        CHECK_THAT(ran.err, test::Contains("new.yaml") && !test::Contains("old.yaml"));
    }
    const Sides good(routed("a"), routed("a"));
    CHECK(test::run({"diff", good.old(), folder.path().string()}).status == 2);
    CHECK(test::run({"diff", (folder / "none").string(), good.old()}).status == 2);
    CHECK(test::run({"diff", "-", "-"}).status == 2);
    CHECK(test::run({"diff", good.old()}).status == 2);
}

TEST_CASE("diff takes a file on one side and a folder on the other", "[cli]") {
    const Sides sides(routed("a"), routed("a"));
    const test::TempFolder folder;
    std::ofstream(folder / "1.yaml") << two_backends();
    std::ofstream(folder / "2.yaml") << service("vs", "a.example.com", rule("a.example.com"));
    CHECK(test::run({"diff", sides.old(), folder.path().string()}).status == 0);
}
