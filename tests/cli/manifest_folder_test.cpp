// Folders as people have them.
#include "cli/manifest_folder.h"

#include <filesystem>
#include <sstream>

#include "cli/app.h"
#include "cli/manifest_files.h"
#include "tests/support/catch.h"
#include "tests/support/manifest.h"
#include "tests/support/temp_folder.h"

namespace cli_manifest_folder_test {

using namespace sni;
namespace fs = std::filesystem;

namespace {

const std::string kNamespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n";

class Folder {
  public:
    void write(const fs::path& name, std::string_view text) const {
        const fs::path path = folder_.path() / name;
        fs::create_directories(path.parent_path());
        test::spill(path, text);
    }
    std::string path() const { return folder_.path().string(); }
    /// Names of the files that are read, relative to the folder.
    std::vector<std::string> read(bool recursive = false) const {
        std::vector<std::string> names;
        for (const auto& file : cli::read_manifests({path()}, recursive).files) {
            names.push_back(fs::relative(file.name, folder_.path()).string());
        }
        return names;
    }

  private:
    test::TempFolder folder_;
};

struct Ran {
    int exit = -1;
    std::string out;
    std::string err;
};

Ran run(std::vector<std::string> args) {
    std::ostringstream out;
    std::ostringstream err;
    const int exit = cli::run(args, out, err);
    return {.exit = exit, .out = out.str(), .err = err.str()};
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("a folder is all its files, manifests.yaml or not", "[cli]") {
    const Folder folder;
    folder.write("manifests.yaml", kNamespace);
    folder.write("b.yml", kNamespace);
    folder.write("c.json", "{}");
    folder.write("d.txt", "x");
    CHECK(folder.read() == Names{"b.yml", "c.json", "manifests.yaml"});
    // In a scenario of ours the others are for its steps.
    folder.write("checks.yaml", "teaches: x\nchecks: []\n");
    CHECK(folder.read() == Names{"manifests.yaml"});
}

TEST_CASE("what is ours is known by what it says, not by its name", "[cli]") {
    const Folder folder;
    folder.write("checks.yaml", "# a user's\n" + kNamespace);
    folder.write("lab.yaml", "{\"apiVersion\": \"v1\", \"kind\": \"Namespace\"}");
    folder.write("a.yaml", kNamespace);
    CHECK(folder.read() == Names{"a.yaml", "checks.yaml", "lab.yaml"});
    const auto loaded = cli::load_scenario(folder.path());
    CHECK_FALSE(loaded.checks.has_value());
    CHECK(loaded.manifest.files.size() == 3);
    folder.write("lab.yaml", "backends: []\n");
    CHECK(folder.read() == Names{"a.yaml", "checks.yaml"});
}

TEST_CASE("subfolders are read with -R, and named without", "[cli]") {
    const Folder folder;
    folder.write("sub/deep/a.yaml", kNamespace);
    folder.write("sub/b.yaml", kNamespace);
    folder.write(".git/c.yaml", kNamespace);
    CHECK(folder.read(true) == Names{"sub/b.yaml", "sub/deep/a.yaml"});
    const Ran only = run({"analyze", folder.path()});
    CHECK(only.exit == 2);
    CHECK(only.err.find("-R (--recursive)") != std::string::npos);
    folder.write("z.yaml", test::tutorial());
    CHECK(folder.read() == Names{"z.yaml"});
    CHECK(run({"analyze", folder.path()}).out.find("sub (a folder: -R reads it)") !=
          std::string::npos);
    for (const std::string command : {"analyze", "route", "export"}) {
        CAPTURE(command);
        std::vector<std::string> args = {command, "-R", folder.path()};
        if (command == "route") args.insert(args.end(), {"--sni", "httpbin.example.com"});
        // Both subfolders define one Namespace: they were read.
        const Ran ran = run(args);
        CHECK((ran.out + ran.err).find("X-DUPLICATE") != std::string::npos);
    }
    std::error_code failed;
    fs::create_directory_symlink(folder.path(), fs::path(folder.path()) / "sub" / "round", failed);
    CHECK(folder.read(true).size() == 3);
}

TEST_CASE("a link to a folder elsewhere is told, and not followed", "[cli]") {
    const Folder away;
    away.write("b.yaml", test::tutorial());
    const Folder folder;
    folder.write("a.yaml", kNamespace);
    folder.write("sub/c.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: c}\n");
    const auto links = [&](bool recursive) {
        return cli::read_manifests({folder.path()}, recursive).skipped.links.size();
    };
    fs::create_directory_symlink(fs::path(folder.path()) / "sub", folder.path() + "/near");
    CHECK(links(true) == 0);
    fs::create_directory_symlink(away.path(), folder.path() + "/far");
    CHECK(links(true) == 1);
    CHECK(links(false) == 1);
    CHECK_THAT(run({"analyze", "-R", folder.path()}).out,
               test::Contains("far (a link to a folder)"));
    CHECK(run({"diff", "-R", folder.path(), folder.path()}).exit == 3);
    fs::remove(folder.path() + "/a.yaml");
    fs::remove(folder.path() + "/near");
    fs::remove_all(folder.path() + "/sub");
    CHECK_THAT(run({"analyze", folder.path()}).err, test::Contains("no link is followed"));
}

TEST_CASE("one file is read once, however it is spelled", "[cli]") {
    const Folder folder;
    folder.write("a.yaml", kNamespace);
    CHECK(
        cli::read_manifests({folder.path() + "/a.yaml", folder.path() + "/./a.yaml", folder.path()})
            .files.size() == 1);
}

TEST_CASE("a kustomize folder, and a chart's files, do not stop anything", "[cli]") {
    const Folder folder;
    folder.write("a.yaml", test::tutorial());
    folder.write("kustomization.yaml", "resources: [a.yaml]\n");
    folder.write("values.yaml", "x: 1\n");
    const Ran ran = run({"analyze", folder.path()});
    CHECK(ran.exit == 0);
    CHECK(ran.out.find("kustomization.yaml (kustomize's)") != std::string::npos);
    CHECK(ran.out.find("values.yaml (values of a Helm chart)") != std::string::npos);
    CHECK(run({"route", folder.path(), "--sni", "httpbin.example.com"}).exit == 0);
}

TEST_CASE("analyze leaves out what a rule or a baseline names, and says how much", "[cli]") {
    const Folder folder;
    folder.write("a.yaml", test::replaced(test::tutorial(), "- passthrough-gateway", "- nobody"));
    const std::string file = folder.path() + "/a.yaml";
    const std::string base = folder.path() + "/base.txt";
    CHECK(run({"analyze", file}).exit == 1);
    CHECK(run({"analyze", file, "--suppress", "IST0101", "--suppress", "X-NO-ROUTE=*"}).exit == 0);
    const Ran typo = run({"analyze", file, "--suppress", "IST101"});
    CHECK(typo.exit == 2);
    CHECK(typo.err.find("did you mean --suppress IST0101?") != std::string::npos);
    CHECK(run({"analyze", file, "--write-baseline", base}).exit == 0);
    const Ran known = run({"analyze", file, "--baseline", base, "--fail-on", "info"});
    CHECK(known.exit == 0);
    CHECK(known.out.find("known from the baseline") != std::string::npos);
    CHECK(run({"analyze", file, "--baseline", folder.path() + "/none"}).exit == 2);
    // What is new is said.
    folder.write("b.yaml", kNamespace + "---\nkind: [\n");
    CHECK(run({"analyze", folder.path(), "--baseline", base}).exit == 1);
}

}  // namespace cli_manifest_folder_test
