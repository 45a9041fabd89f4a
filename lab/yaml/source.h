// The files that a manifest comes from, and what is found wrong in them, in file order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "lab/core/diagnostic.h"

namespace sni::yaml {

/// One input, unchanged; `name` is how messages call it.
struct File {
    std::string name;
    std::string text;
    bool operator==(const File&) const = default;
};

/// A Place without its file's name: small, since every value of a manifest carries one. Lines and
/// columns count from 1, columns in characters. `file` is an index.
struct Spot {
    int file = 0;
    int line = 0;
    int column = 0;
    bool operator==(const Spot&) const = default;
    auto operator<=>(const Spot&) const = default;
};

/// A value and where it was written. A default has the spot of what it was left out of.
template <class T>
struct Located {
    T value{};
    Spot at;
    bool operator==(const Located&) const = default;
};
using Text = Located<std::string>;
using Number = Located<std::int64_t>;
using Labels = std::map<std::string, std::string>;

Place place_of(const std::vector<File>& files, Spot spot);

/// Collects diagnostics with their source line and underlining, but for lines of confidential
/// documents (confidential.h): reports go to logs, and into issues. `files` must outlive it.
class Findings {
  public:
    explicit Findings(const std::vector<File>& files);

    void add(Level level, std::string_view code, Spot spot, std::string message,
             std::string why = {}, std::string hint = {});
    void error(std::string_view code, Spot spot, std::string message, std::string why = {},
               std::string hint = {}) {
        add(Level::error, code, spot, std::move(message), std::move(why), std::move(hint));
    }

    const std::vector<File>& files() const { return files_; }
    std::size_t errors() const { return errors_; }
    /// In file order; what stands at one spot stays in the order it was found, each message once.
    std::vector<Diagnostic> take();

  private:
    struct Found {
        Spot spot;
        Diagnostic diagnostic;
        bool repeated = false;  // with other reasons at most
    };
    struct Lines {
        std::vector<std::size_t> starts;
        std::vector<bool> hidden;
    };
    static Lines lines_of(std::string_view text);
    std::string_view line_text(Spot spot);

    const std::vector<File>& files_;
    std::vector<Lines> lines_;  // of each file, filled when first needed
    std::vector<Found> found_;
    std::size_t errors_ = 0;
};

/// `text` in quotes, safe to print, and cut when it is long or where PEM begins in it: how messages
/// show what a file says.
std::string quote(std::string_view text);

}  // namespace sni::yaml
