// The README is run: every terminal block again, line by line, in one empty folder.
#include <regex>

#include "tests/support/catch.h"
#include "tests/support/lab_folder.h"

namespace e2e_readme_test {

using namespace sni::test;

namespace {

struct Step {
    std::string command;
    std::string output;
    int line = 0;  ///< in the README
};

/// The lines of every block that is fenced as ````fence`.
std::vector<std::pair<int, std::string>> lines_in(const std::string& readme,
                                                  const std::string& fence) {
    std::vector<std::pair<int, std::string>> lines;
    std::istringstream text(readme);
    bool inside = false;
    int number = 0;
    for (std::string line; std::getline(text, line);) {
        ++number;
        if (line.starts_with("```")) {
            inside = !inside && line == "```" + fence;
        } else if (inside) {
            lines.emplace_back(number, line);
        }
    }
    return lines;
}

/// "$ command" starts a step; a backslash at the end of a line continues it; the rest is its
/// output.
std::vector<Step> steps_of(const std::string& readme) {
    std::vector<Step> steps;
    bool continued = false;
    for (const auto& [number, line] : lines_in(readme, "console")) {
        if (line.starts_with("$ ")) {
            steps.push_back({line.substr(2), "", number});
        } else if (continued) {
            steps.back().command += "\n" + line;
        } else {
            REQUIRE_FALSE(steps.empty());
            steps.back().output += line + "\n";
        }
        continued = (continued || line.starts_with("$ ")) && line.ends_with('\\');
    }
    return steps;
}

/// What differs from run to run: digests, dates, times, ports, process numbers.
std::string masked(std::string text) {
    const std::pair<const char*, const char*> masks[] = {
        {R"(([0-9A-F]{2}:){7,}[0-9A-F]{2})", "DIGEST"},
        {R"([0-9a-f]{16,})", "DIGEST"},
        {R"(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z)", "TIME"},
        {R"([A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT)", "HTTP-DATE"},
        {R"(\d+ ms)", "MS"},
        {R"(\d+ bytes)", "BYTES"},
        {R"(t13d\d{4}h2(_[0-9a-f]{12}){0,2})", "SHAPE"},
        {R"(process \d+)", "process PID"},
        {R"((127\.0\.0\.1|\[::1\]):\d{5})", "LOOPBACK"},
        {R"(x25519(mlkem768)?)", "GROUP"},
        {R"(OpenSSL 3\.\d+\.\d+ \d+ \w+ \d+)", "OPENSSL"},
    };
    for (const auto& [pattern, word] : masks) {
        text = std::regex_replace(text, std::regex(pattern), word);
    }
    return text;
}

std::string path_with_binary() {
    const std::string folder = std::filesystem::path(SNI_LAB_BINARY).parent_path().string();
    return "PATH=" + folder + ":" + std::getenv("PATH");
}

/// Both streams as a terminal would show them.
Finished in_a_shell(const LabFolder& lab, const std::string& command) {
    return lab.run_other(
        {"env", path_with_binary(), "LC_ALL=C.UTF-8", "bash", "-c", "exec 2>&1\n" + command});
}

}  // namespace

/// One test case, since both use the tutorial's own port.
TEST_CASE("the README does what it shows: every terminal block, and the CI jobs", "[e2e]") {
    const std::string readme = slurp(std::string(SNI_LAB_SOURCE_DIR) + "/README.md");
    const LabFolder lab;

    SECTION("every terminal block gives again what it shows") {
        const std::vector<Step> steps = steps_of(readme);
        REQUIRE(steps.size() >= 4);
        for (const Step& step : steps) {
            INFO("README.md:" << step.line << ": " << step.command);
            CHECK(masked(in_a_shell(lab, step.command).out) == masked(step.output));
        }
    }

    SECTION("each command of the CI jobs succeeds on the tutorial's manifests") {
        std::filesystem::create_directory(lab / "k8s");
        spill(lab / "k8s/manifests.yaml",
              slurp(std::string(SNI_LAB_SOURCE_DIR) + "/scenarios/passthrough/manifests.yaml"));
        const std::regex job_line(R"(\s*- (?:run: )?(sni-lab .*))");
        int verified = 0;
        for (const auto& [number, line] : lines_in(readme, "yaml")) {
            std::smatch found;
            if (!std::regex_match(line, found, job_line)) continue;
            INFO("README.md:" << number << ": " << line);
            const Finished step = in_a_shell(lab, found[1]);
            INFO(step.out);
            CHECK(step.status == 0);
            if (step.out.find("PASSTHROUGH PROVEN") != std::string::npos) ++verified;
        }
        CHECK(verified == 2);
        CHECK(slurp(lab / "passthrough.xml").find("failures=\"0\" errors=\"0\"") !=
              std::string::npos);
    }
}

}  // namespace e2e_readme_test
