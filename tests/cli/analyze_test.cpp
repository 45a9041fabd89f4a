#include <sstream>

#include <nlohmann/json.hpp>

#include "cli/app.h"
#include "tests/support/catch.h"
#include "tests/support/manifest.h"
#include "tests/support/temp_folder.h"

namespace cli_analyze_test {

using namespace sni;
using nlohmann::json;

namespace {

struct Ran {
    int exit = -1;
    std::string out;
    std::string err;
};

Ran analyze(std::vector<std::string> args) {
    args.insert(args.begin(), "analyze");
    std::ostringstream out;
    std::ostringstream err;
    const int exit = cli::run(args, out, err);
    return {.exit = exit, .out = out.str(), .err = err.str()};
}

/// The tutorial, and the tutorial with a Gateway that is not there.
class Files {
  public:
    Files() {
        test::spill(folder_ / "right.yaml", test::tutorial());
        test::spill(folder_ / "wrong.yaml",
                    test::replaced(test::tutorial(), "- passthrough-gateway", "- nobody"));
    }
    std::string right() const { return (folder_ / "right.yaml").string(); }
    std::string wrong() const { return (folder_ / "wrong.yaml").string(); }

  private:
    test::TempFolder folder_;
};

}  // namespace

TEST_CASE("a chart's folder has no manifest, whoever is asked", "[cli]") {
    const test::TempFolder folder;
    test::spill(folder / "Chart.yaml", "apiVersion: v2\nname: shop\nversion: 1.0.0\n");
    test::spill(folder / "values.yaml", "host: a.example.com\n");
    const std::string chart = folder.path().string();
    for (const auto& [command, more] : {std::pair{"analyze", "--fail-on=info"},
                                        {"route", "--sni=a.org"},
                                        {"export", "--api=gateway"},
                                        {"up", "--listen=127.0.0.1:0"}}) {
        CAPTURE(command);
        std::ostringstream out;
        std::ostringstream err;
        CHECK(cli::run({command, chart, more}, out, err) == 2);
        CHECK(out.str().empty());
        CHECK_THAT(err.str(), test::Contains("there is no manifest in these files") &&
                                  test::Contains("helm template NAME CHART"));
    }
}

TEST_CASE("analyze exits 0 for the tutorial and 1 for an error, or from --fail-on on", "[cli]") {
    const Files files;
    const Ran right = analyze({files.right()});
    CHECK(right.exit == 0);
    CHECK(right.err.empty());
    CHECK(right.out.ends_with("2 notes in 5 documents\n"));
    CHECK(analyze({"passthrough"}).exit == 0);
    CHECK(analyze({files.right(), "--fail-on", "warning"}).exit == 0);
    CHECK(analyze({files.right(), "--fail-on", "info"}).exit == 1);

    const Ran wrong = analyze({files.wrong()});
    CHECK(wrong.exit == 1);
    CHECK_THAT(wrong.out,
               test::Contains("wrong.yaml:86:5: error: there is no Gateway "
                              "\"passthrough-test/nobody\" [IST0101]\n   86 |   - nobody\n"
                              "      |     ^^^^^^\n"));
}

TEST_CASE("analyze prints one document in each of its shapes", "[cli]") {
    const Files files;
    const Ran plain = analyze({files.wrong(), "--json"});
    CHECK(plain.exit == 1);
    const json document = json::parse(plain.out);
    CHECK(document["schema"] == "sni-lab/analyze/1");
    CHECK(document["findings"].size() >= 2);
    CHECK(document["findings"][0]["file"] == files.wrong());

    const json sarif = json::parse(analyze({files.wrong(), "--sarif"}).out);
    CHECK(sarif["runs"][0]["results"].size() == document["findings"].size());
    CHECK(analyze({files.wrong(), "--github"}).out.contains("::error title=IST0101,file="));
    CHECK(analyze({files.wrong(), "--github", "--json"}).exit == 2);
}

TEST_CASE("analyze reads several files as one set, each once", "[cli]") {
    const Files files;
    const json both = json::parse(analyze({files.right(), files.wrong(), "--json"}).out);
    const auto duplicates = std::ranges::count_if(
        both["findings"], [](const json& finding) { return finding["code"] == "X-DUPLICATE"; });
    CHECK(duplicates == 5);
    CHECK(analyze({files.right(), files.right()}).exit == 0);
}

TEST_CASE("analyze says what it cannot read or does not understand, and exits 2", "[cli]") {
    CHECK(analyze({"/no/such/file.yaml"}).exit == 2);
    CHECK(analyze({}).exit == 2);
    CHECK(analyze({"passthrough", "--fail-on", "never"}).exit == 2);
    const Ran labels = analyze({"passthrough", "--gateway-labels", "istio"});
    CHECK(labels.exit == 2);
    CHECK_THAT(labels.err, test::Contains("\"istio\" is no label"));
    CHECK(analyze({"passthrough", "--gateway-labels", "a=b,istio=ingressgateway"}).exit == 0);
}

TEST_CASE("no value of a Secret and no line of a key is shown", "[cli]") {
    const std::string head = "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\n";
    const std::string key = "-----BEGIN PRIVATE KEY-----\n5318008AAA\n-----END PRIVATE KEY-----\n";
    const std::string text = GENERATE_COPY(
        head + "data:\n  password: 5318008!\n", head + "data: {tls.key: 5318008!}\n",
        head + "stringData:\n  pin: 5318008\n", head + "stringData:\n  pin: [5318008]\n",
        head + "stringData: 5318008\n", head + "stringdata: {pin: 5318008}\n",
        head + "data:\n  password: 5318008: x\n",
        std::string(R"({"apiVersion": "v1", "kind": "List", "items": [{"apiVersion": "v1", )"
                    R"("kind": "Secret", "metadata": {"name": "a"}, "data": {"a": "5318008!"}}]})"),
        key, "a: b\n" + key, "Bag Attributes\n  friendlyName: a\n" + key,
        "apiVersion: v1\nkind: ConfigMap\nkey: |\n  -----BEGIN PRIVATE KEY-----\n 5318008\n");
    CAPTURE(text);
    const test::TempFolder folder;
    const std::string file = (folder / "a.yaml").string();
    test::spill(file, text);
    for (const std::vector<std::string>& args :
         std::vector<std::vector<std::string>>{{"analyze", file},
                                               {"analyze", file, "--json"},
                                               {"analyze", file, "--sarif"},
                                               {"analyze", file, "--github"},
                                               {"route", file, "--sni", "a.example", "--json"},
                                               {"diff", file, file}}) {
        std::ostringstream out;
        std::ostringstream err;
        cli::run(args, out, err);
        CHECK(out.str().find("5318008") == std::string::npos);
        CHECK(err.str().find("5318008") == std::string::npos);
        CHECK((out.str() + err.str()).find("a.yaml") != std::string::npos);
    }
}

TEST_CASE("what stands beside a Secret is shown as ever", "[cli]") {
    const test::TempFolder folder;
    test::spill(folder / "a.yaml",
                "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata: {a: 5318008!}\n---\n"
                "apiVersion: v1\nkind: Service\nmetadata: {name: b, labels: {a: 7}}\n");
    const Ran ran = analyze({(folder / "a.yaml").string()});
    CHECK_THAT(ran.out, test::Contains(":4:11: error: data.a is not base64 [X-VALUE]\nhint"));
    CHECK_THAT(ran.out, test::Contains("not the number \"7\" [X-TYPE]\n"
                                       "    8 | metadata: {name: b, labels: {a: 7}}\n"));
}

TEST_CASE("a baseline that has no end is not read for ever", "[cli]") {
    const Files files;
    const Ran ran = analyze({files.wrong(), "--baseline", "/dev/zero"});
    CHECK(ran.exit == 2);
    CHECK_THAT(ran.err, test::Contains("it has more than 67108864 bytes"));
}

TEST_CASE("whoever asks for JSON gets it beside a baseline that is written, too", "[cli]") {
    const Files files;
    const test::TempFolder folder;
    const std::string known = (folder / "known").string();
    const Ran ran = analyze({files.wrong(), "--json", "--write-baseline", known});
    CHECK(ran.exit == 0);
    CHECK(json::parse(ran.out) == json::parse(analyze({files.wrong(), "--json"}).out));
    CHECK(test::slurp(known).starts_with("# What sni-lab analyze found"));
}

TEST_CASE("a baseline on stdout is the only document there", "[cli]") {
    const Files files;
    for (const char* flag : {"--json", "--sarif"}) {
        const Ran both = analyze({files.wrong(), flag, "--write-baseline", "-"});
        CHECK(both.exit == 2);
        CHECK_THAT(both.err, test::Contains(flag) && test::Contains("--write-baseline"));
    }
}

}  // namespace cli_analyze_test
