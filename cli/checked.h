// Mistakes of a command line, gathered so that all are told at once.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "cli/flags.h"
#include "lab/core/diagnostic.h"
#include "lab/core/endpoint.h"
#include "lab/core/result.h"

namespace sni::cli {

/// Takes values out of results, and keeps what was wrong with the others: all mistakes are told at
/// once.
class Checked {
  public:
    /// The value, or `otherwise` and a mistake of that flag.
    template <class T>
    T take(const char* flag, Result<T, std::string> result, T otherwise) {
        if (result) return std::move(*result);
        add_of(flag, result.error());
        return otherwise;
    }
    /// Port 0 of loopback, and a mistake, where it is none.
    Endpoint take_listener(const char* flag, const std::string& text) {
        auto endpoint = parse_listener(flag, text);
        if (endpoint) return std::move(*endpoint);
        add(std::move(endpoint.error()));
        return loopback(0);
    }
    /// What is wrong with the value of `flag`.
    void add_of(std::string_view flag, std::string_view wrong) {
        add(usage_mistake(fmt::format("{}: {}", flag, wrong)));
    }
    void add(Diagnostic diagnostic) { wrong_.push_back(std::move(diagnostic)); }
    void add(const std::vector<Diagnostic>& more) {
        wrong_.insert(wrong_.end(), more.begin(), more.end());
    }
    /// Throws Failure(Exit::usage) with everything that was wrong.
    void throw_if_any() {
        if (!wrong_.empty()) throw Failure(Exit::usage, std::move(wrong_));
    }

  private:
    std::vector<Diagnostic> wrong_;
};

}  // namespace sni::cli
