#include "lab/core/shell_quote.h"

#include "tests/support/catch.h"
#include "tests/support/process.h"

namespace core_shell_quote_test {

using namespace sni;

namespace {

TEST_CASE("plain words stay as they are", "[core]") {
    CHECK(shell_quoted(".sni-lab/certs/a.example.crt") == ".sni-lab/certs/a.example.crt");
    CHECK(shell_quoted("a b") == "'a b'");
    CHECK(shell_quoted("") == "''");
}

TEST_CASE("bash reads a quoted word as the word it was", "[core]") {
    const std::string word = GENERATE(as<std::string>{}, "", "a b", "it's", "$HOME", "`id`", "a\\b",
                                      "\x1b[31mred", "new\nline's\\", "caf\xc3\xa9", "\xff", "*",
                                      "~", "a;b", "#", "!x", "\"", "\\x41\x07");
    const auto echoed = test::run_program({"bash", "-c", "printf %s " + shell_quoted(word)});
    CHECK(echoed.status == 0);
    CHECK(echoed.out == word);
    CHECK_FALSE(shell_quoted(word).contains('\x1b'));
}

}  // namespace
}  // namespace core_shell_quote_test
