#include <regex>
#include <set>

#include "cli/command_tree.h"
#include "tests/support/catch.h"
#include "tests/support/process.h"
#include "tests/support/run_cli.h"
#include "tests/support/temp_folder.h"

namespace cli_completion_test {

using namespace sni;

namespace {

using Words = std::vector<std::string>;

/// A command as --help shows it.
struct Shown {
    Words path;
    std::set<std::string> flags;
    Words below;
};

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

std::string words(const Words& path) {
    std::string text;
    for (const std::string& word : path)
        text += (text.empty() ? "" : " ") + word;
    return text;
}

/// Reads the help of `path` and of all commands below.
void read_help(const Words& path, std::vector<Shown>& all) {
    Words asked = path;
    asked.emplace_back("--help");
    const test::Ran help = test::run(asked);
    REQUIRE(help.status == 0);
    Shown shown{.path = path, .flags = {}, .below = {}};
    const std::regex flag("(?:^|\n)  (?:-\\w,)?(--[a-z0-9-]+)");
    for (std::sregex_iterator at(help.out.begin(), help.out.end(), flag), end; at != end; ++at) {
        shown.flags.insert((*at)[1]);
    }
    const std::size_t list = help.out.find("\nSubcommands:\n");
    if (list != std::string::npos) {
        const std::string text = help.out.substr(list);
        const std::regex name("\n  ([a-z][a-z-]*)");
        for (std::sregex_iterator at(text.begin(), text.end(), name), end; at != end; ++at) {
            shown.below.push_back((*at)[1]);
        }
    }
    all.push_back(shown);
    for (const std::string& below : shown.below) {
        if (below == "help" || below == "version") continue;
        Words deeper = path;
        deeper.push_back(below);
        read_help(deeper, all);
    }
}

std::vector<Shown> everything() {
    std::vector<Shown> all;
    read_help({}, all);
    REQUIRE(all.size() > 25);
    return all;
}

/// What the shell's script offers after `path`: the text of that command's own branch.
std::string branch(const std::string& script, const std::string& path) {
    const std::size_t at = script.rfind("\n        \"" + path + "\")");
    REQUIRE(at != std::string::npos);
    return script.substr(at, script.find(";;", at) - at);
}

}  // namespace

TEST_CASE("bash and zsh complete every command and flag that --help shows", "[cli]") {
    const std::string shell = GENERATE("bash", "zsh");
    const std::string script = test::run({"completion", shell}).out;
    for (const Shown& shown : everything()) {
        CAPTURE(shell, words(shown.path));
        const std::string offered = branch(script, words(shown.path));
        for (const std::string& name : shown.below) {
            CAPTURE(name);
            CHECK((has(offered, "'" + name) || has(offered, " " + name + " ")));
        }
        for (const std::string& flag : shown.flags) {
            CAPTURE(flag);
            CHECK(
                (has(offered, flag + " ") || has(offered, flag + "'") || has(offered, flag + ":")));
        }
    }
}

TEST_CASE("fish completes every command and flag that --help shows", "[cli]") {
    const std::string script = test::run({"completion", "fish"}).out;
    for (const Shown& shown : everything()) {
        for (const std::string& flag : shown.flags) {
            CAPTURE(words(shown.path), flag);
            const std::string last =
                shown.path.empty() ? "__fish_use_subcommand" : shown.path.back();
            const std::regex line("complete -c sni-lab -n '[^\n]*" + last + "[^\n]* -l " +
                                  flag.substr(2) + " ");
            CHECK(std::regex_search(script, line));
        }
        for (const std::string& name : shown.below) {
            CAPTURE(name);
            CHECK(has(script, " -f -a " + name + " -d "));
        }
    }
}

TEST_CASE("the manual has every command and flag that --help shows", "[cli]") {
    for (const Shown& shown : everything()) {
        Words asked = {"man"};
        asked.insert(asked.end(), shown.path.begin(), shown.path.end());
        const test::Ran page = test::run(asked);
        CAPTURE(words(shown.path));
        CHECK(page.status == 0);
        CHECK(page.out.starts_with(".TH SNI\\-LAB"));
        CHECK(has(page.out, ".SH EXIT STATUS\n"));
        const std::string plain = std::regex_replace(page.out, std::regex("\\\\-"), "-");
        for (const std::string& flag : shown.flags) {
            CAPTURE(flag);
            CHECK(has(plain, flag + "\\fR"));
        }
        for (const std::string& name : shown.below) {
            CAPTURE(name);
            CHECK(has(plain, "\\fB" + name + "\\fR"));
        }
    }
}

TEST_CASE("a page tells what a command cannot do without, and keeps examples by themselves",
          "[cli]") {
    const std::string page = test::run({"man", "witness"}).out;
    const auto section = [&](const std::string& name) {
        const std::size_t begin = page.find(".SH " + name + "\n");
        REQUIRE(begin != std::string::npos);
        return page.substr(begin, page.find(".SH ", begin + 1) - begin);
    };
    CHECK(has(section("SYNOPSIS"), "\\fB\\-\\-to\\fR \\fIHOST:PORT\\fR\n"));
    CHECK(has(section("NOTES"), "SIGHUP"));
    CHECK(section("EXAMPLES").starts_with(".SH EXAMPLES\n.nf\nsni\\-lab witness "));
    CHECK(has(test::run({"man", "diff"}).out, "\ngit show "));
    const std::string program = test::run({"man"}).out;
    for (const char* word : {"altered in transit", "143, 130, 129", "2, 7, 4, 1, 5, 3, 6, 0"})
        CHECK(has(program, word));
}

TEST_CASE("completions and pages of what there is not are refused", "[cli]") {
    CHECK(test::run({"completion", "tcsh"}).status == 2);
    CHECK(test::run({"man", "nothing"}).status == 2);
}

TEST_CASE("every flag says what kind of value it takes, and every command has an example",
          "[cli]") {
    const cli::CommandInfo root = cli::every_command();
    for (const cli::CommandInfo* command : cli::all_commands(root)) {
        CAPTURE(command->words());
        CHECK_FALSE(command->footer.empty());
        CHECK((command->path.empty() || !has(command->footer, "Start with")));
        for (const cli::FlagInfo& flag : command->flags) {
            CAPTURE(flag.long_name, flag.value, flag.help);
            for (const char* own_word : {"TEXT", "UINT", "INT", "FLOAT", "{", " in ", ":FILE"}) {
                CHECK_FALSE(has(flag.value, own_word));
            }
            CHECK_FALSE(has(flag.help, "(default: 0ms)"));
            CHECK_FALSE(has(flag.help, ") ("));
        }
    }
}

TEST_CASE("help says which values a flag takes, its default, and what it stands with", "[cli]") {
    const std::string router = test::run({"router", "--help"}).out;
    CHECK(has(router, "--threads N "));
    CHECK(has(router, "(0 to 1024; default: 0)"));
    CHECK(has(router, "--refuse alert|close|reset "));
    const std::string verify = test::run({"verify", "--help"}).out;
    CHECK(has(verify, "Its key (with --client-cert)"));
    CHECK(has(verify, "Send no SNI (not with --sni)"));
    CHECK(has(verify, "(default port: 443; not with --running, scenario)"));
}

TEST_CASE("behind a flag bash offers its values, or files, or nothing", "[cli]") {
    const std::string script = test::run({"completion", "bash"}).out;
    const test::TempFolder folder;
    test::spill(folder / "here.pem", "");
    test::spill(folder / "my cert.crt", "");
    const auto offered = [&](const std::string& words) {
        const std::string line = "cd " + folder.path().native() + "\n" + script +
                                 "\nCOMP_WORDS=(sni-lab " + words +
                                 "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _sni_lab; "
                                 "echo \"${COMPREPLY[*]}\"";
        return test::run_program({"bash", "-c", line}).out;
    };
    CHECK(offered("verify --tls ''") == "1.2 1.3\n");
    CHECK(offered("verify --tls = ''") == "1.2 1.3\n");
    CHECK(offered("verify --tls =") == "1.2 1.3\n");
    CHECK(offered("verify --cacert h") == "here.pem\n");
    CHECK(offered("verify --cacert my") == "my cert.crt\n");
    CHECK(offered("verify -- curl my") == "my cert.crt\n");
    CHECK(offered("router --threads ''") == "\n");
    CHECK(has(offered("certgen --scenario wild"), "wildcard"));
    CHECK(has(offered("route wild"), "wildcard"));
    CHECK(has(offered("completion z"), "zsh"));
    CHECK(has(offered("help ver"), "verify"));
    CHECK(has(offered("man wit"), "witness"));
    CHECK(has(offered("verify --tls-"), "--tls-only"));
    CHECK(has(offered("verify ''"), "here.pem"));
    CHECK(has(offered("scenario ''"), "list show fields run new "));
}

TEST_CASE("help COMMAND, version and -V are what other tools have them for", "[cli]") {
    const auto said = [](const std::vector<std::string>& args) { return test::run(args).out; };
    CHECK(said({"help", "verify"}) == said({"verify", "--help"}));
    CHECK(said({"help", "scenario", "run"}) == said({"scenario", "run", "--help"}));
    CHECK(said({"help"}) == said({"--help"}));
    CHECK(test::run({"help"}).status == 0);
    CHECK(test::run({"version"}).out == test::run({"--version"}).out);
    CHECK(test::run({"-V"}).out == test::run({"--version"}).out);
}

TEST_CASE("a misspelt command or flag is answered with the nearest one, at every depth", "[cli]") {
    struct Case {
        Words args;
        std::string said;
    };
    const Case one = GENERATE(
        Case{{"help", "verfy"}, "did you mean sni-lab verify?"},
        Case{{"verfy"}, "did you mean sni-lab verify?"},
        Case{{"scenario", "lst"}, "did you mean sni-lab scenario list?"},
        Case{{"proof", "chek"}, "did you mean sni-lab proof check?"},
        Case{{"scenario"}, "one of list, show"}, Case{{"up", "-d"}, "did you mean --detach?"},
        Case{{"up", "-x"}, "there is no flag -x for sni-lab up"},
        Case{{"get", "-v"}, "hint: see sni-lab get --help\n"},
        Case{{"-v"}, "did you mean --version?"},
        Case{{"analyze", "-f", "a.yaml"}, "files stand without a flag: sni-lab analyze FILE…"},
        Case{{"diff", "--filename=a.yaml"}, "files stand without a flag: sni-lab diff FILE…"},
        Case{{"verify", "-json"}, "did you mean --json?"},
        Case{{"scenario", "run", "--al"}, "did you mean --all?"},
        Case{{"up", "--once", "sh", "-c", "ls"}, "a command stands behind --"},
        Case{{"up", "--once", "x", "ls"}, "a command stands behind --"},
        Case{{"verify", "--sni="}, "--sni is empty"},
        Case{{"up", "--detach="}, "--detach takes no value, and was given \"\""},
        Case{{"up", "--detach=5ms5"}, "--detach takes no value, and was given \"5ms5\""},
        Case{{"logs", "--tail"}, "--tail needs a value: N"},
        Case{{"router", "--refuse"}, "--refuse needs a value: alert|close|reset"},
        Case{{"backend", "--listen", "127.0.0.1:0", "--listen=127.0.0.1:0"},
             "--listen stands there more than once"},
        Case{{"certgen", "--not-before", "-10d", "--frce"}, "did you mean --force?"},
        Case{{"router", "--route", "--frce", "x"}, "there is no flag --frce"},
        Case{{"scenario", "run", "--all=x"}, "write --all alone, or leave it out"});
    CAPTURE(one.said);
    const test::Ran ran = test::run(one.args);
    CAPTURE(ran.err);
    CHECK(ran.status == 2);
    CHECK(ran.out.empty());
    CHECK(has(ran.err, one.said));
}

TEST_CASE("flags that exclude each other are told as that, whatever else stands there", "[cli]") {
    const test::Ran ran = test::run({"up", "--once", "--json", "-q", "--", "true"});
    CHECK(ran.status == 2);
    CHECK(ran.err ==
          "sni-lab: error: --quiet and --json exclude each other [SL1001]\n"
          "hint: leave one of them out\n");
}

}  // namespace cli_completion_test
