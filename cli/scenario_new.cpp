// scenario new: the tutorial's own manifests under another name, to change from there.
#include <filesystem>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "certs/store.h"
#include "cli/scenario.h"
#include "lab/core/codes.h"
#include "lab/core/dns_name.h"
#include "lab/core/encoding.h"
#include "lab/core/shell_quote.h"
#include "lab/scenario/catalogue.h"

namespace sni::cli {

namespace {

constexpr std::string_view kModel = "passthrough";
constexpr std::string_view kModelNamespace = "passthrough-test";

std::string replaced(std::string text, std::string_view from, std::string_view to) {
    for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
        text.replace(at, from.size(), to);
    }
    return text;
}

std::string checks_text(const std::string& name) {
    return fmt::format(
        R"(teaches: >-
  Say in one sentence what somebody knows afterwards who did not know it before.
checks:
- name: the request ends in the pod
  sni: httpbin.example.com
  request: /status/418
  expect: {{status: 418, verdict: proven, backend: {}/httpbin}}
- name: a name that no rule knows leads nowhere
  sni: other.example.com
  expect: {{verdict: not-routed}}
)",
        name);
}

std::string readme_text(const std::string& name) {
    return fmt::format(
        R"(# {0}

What is set up here, in two sentences.

**What it teaches.** One idea.

Things to look at:

- what surprises, and why it is so.

Try it:

    sni-lab scenario run ./{0}
)",
        name);
}

/// All of them, or the folder, which was made for them, is gone again.
void write_files(const std::filesystem::path& folder,
                 const std::vector<std::pair<std::string, std::string>>& files) {
    try {
        for (const auto& [name, text] : files) {
            certs::write_new_file(folder / name, text);
        }
    } catch (const Failure&) {
        std::error_code none;
        for (const auto& [name, text] : files) {
            std::filesystem::remove(folder / name, none);
        }
        std::filesystem::remove(folder, none);
        throw;
    }
}

}  // namespace

void write_new_scenario(const std::string& name, Streams io) {
    const auto label = DnsName::parse(name);
    if (!label || label->text() != name || name.contains('.')) {
        throw Failure(Exit::usage, code::kUsage,
                      fmt::format("\"{}\" cannot be a scenario's name", printable(name)),
                      "it becomes a folder and a namespace",
                      "use small letters, digits and hyphens, as in my-lesson");
    }
    if (scenario::find_scenario(name)) {
        throw Failure(Exit::usage, code::kUsage, fmt::format("{} is the catalogue's", name),
                      "who names it means that one", "choose another name, as in my-lesson");
    }
    const std::filesystem::path folder = name;
    std::error_code none;
    if (std::filesystem::exists(std::filesystem::symlink_status(folder, none))) {
        throw Failure(Exit::usage, code::kUsage, fmt::format("there is a {} already", name),
                      "nothing that exists is overwritten", "choose another name, or move it away");
    }
    std::string manifests;
    for (const manifest::File& file : scenario::find_scenario(kModel)->files) {
        if (file.name.ends_with("/manifests.yaml")) manifests = file.text;
    }
    if (!std::filesystem::create_directory(folder, none)) {
        const bool forbidden = none == std::errc::permission_denied;
        throw Failure(Exit::machine, forbidden ? code::kNoPermission : code::kCannotWrite,
                      fmt::format("the folder {} could not be made", name), none.message(),
                      "go to a folder that you may write");
    }
    write_files(folder, {{"manifests.yaml", replaced(manifests, kModelNamespace, name)},
                         {"checks.yaml", checks_text(name)},
                         {"README.md", readme_text(name)}});
    io.out << fmt::format(
        "Made {0}/ with manifests.yaml, checks.yaml and README.md\n"
        "Play it: sni-lab scenario run ./{0}     every field: sni-lab scenario fields\n",
        shell_quoted(name));
}

}  // namespace sni::cli
