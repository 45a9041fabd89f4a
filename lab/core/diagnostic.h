// What went wrong, in the one shape that the terminal and JSON are both rendered from.
// Deciding what is wrong is the business of whoever fills it in.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace sni {

enum class Level { info, warning, error };
std::string_view to_string(Level level);

/// Where in a file; lines and columns count from 1, and 0 means "the whole file" or "the whole
/// line".
struct Place {
    std::string file;
    int line = 0;
    int column = 0;
    bool operator==(const Place&) const = default;
};

/// `code` is an Istio IST…, one of our X-…, or SL and four digits from codes.h. `message` is lower
/// case and has no full stop; `why` is the evidence; `hint` is what to try. `source` is the
/// offending line, `width` the number of columns to underline from place.column.
struct Diagnostic {
    Level level = Level::error;
    std::string code;
    Place place;
    std::string message;
    std::string why;
    std::string hint;
    std::string source;
    int width = 0;
    bool operator==(const Diagnostic&) const = default;
};

/// The compiler's shape; each line ends in a newline:
///
///     manifests.yaml:23:11: error: no Gateway server accepts host "httpbin.exmaple.com" [X-HOST]
///        23 |         - httpbin.exmaple.com
///           |           ^^^^^^^^^^^^^^^^^^^
///     why: Gateway "edge" accepts "httpbin.example.com"
///     hint: make the two names equal
///
/// Without a file the line starts with `sni-lab:`.
std::string render(const Diagnostic& diagnostic);

/// Exit codes, the same in every command; the README says what each means.
enum class Exit : int {
    yes = 0,
    no = 1,
    usage = 2,
    inconclusive = 3,
    not_routed = 4,
    certificate = 5,
    readable = 6,
    machine = 7,
};

/// The first of 2, 7, 4, 1, 5, 3, 6, 0 is the answer when several hold.
Exit worse(Exit a, Exit b);

/// Ends a command: thrown by what talks to the machine or reads what the user named, caught in
/// cli/app.cpp alone.
class Failure : public std::runtime_error {
  public:
    /// An error without a place in a file.
    Failure(Exit exit, std::string_view code, std::string message, std::string why = {},
            std::string hint = {});
    Failure(Exit exit, Diagnostic diagnostic);
    Failure(Exit exit, std::vector<Diagnostic> diagnostics);

    Exit exit() const { return exit_; }
    const std::vector<Diagnostic>& diagnostics() const { return diagnostics_; }

  private:
    Exit exit_;
    std::vector<Diagnostic> diagnostics_;
};

}  // namespace sni
