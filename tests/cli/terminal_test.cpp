#include "cli/terminal.h"

#include <cstdlib>
#include <optional>
#include <sstream>
#include <string>

#include "tests/support/catch.h"

namespace cli_terminal_test {

using namespace sni;

namespace {

/// While this lives, LC_ALL has that value.
class Locale {
  public:
    explicit Locale(const char* value) {
        if (const char* before = std::getenv("LC_ALL")) before_ = before;
        ::setenv("LC_ALL", value, 1);
    }
    ~Locale() {
        if (before_) {
            ::setenv("LC_ALL", before_->c_str(), 1);
        } else {
            ::unsetenv("LC_ALL");
        }
    }
    Locale(const Locale&) = delete;
    Locale& operator=(const Locale&) = delete;

  private:
    std::optional<std::string> before_;
};

}  // namespace

TEST_CASE("a locale speaks UTF-8 however that is spelled", "[cli]") {
    const std::ostringstream out;
    for (const char* locale : {"C.UTF-8", "en_US.utf-8", "en_US.utf8", "en_US.UTF8", "UTF-8"}) {
        CAPTURE(locale);
        const Locale set(locale);
        CHECK(cli::style_of(out).unicode);
    }
    for (const char* locale : {"C", "POSIX", "de_DE.ISO-8859-1"}) {
        CAPTURE(locale);
        const Locale set(locale);
        CHECK_FALSE(cli::style_of(out).unicode);
    }
    CHECK_FALSE(cli::can_write_over(out));
}

TEST_CASE("what the core writes in Unicode is ASCII where a terminal has none", "[cli]") {
    const std::string text = "a → b… · RFC 8446 §4.1.2";
    CHECK(report::shown(text, {.unicode = true}) == text);
    CHECK(report::shown(text, {}) == "a -> b... - RFC 8446 section 4.1.2");
}

}  // namespace cli_terminal_test
