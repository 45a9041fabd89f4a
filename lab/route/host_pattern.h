// The names a route takes: one host, every host below a suffix, or everything.
#pragma once

#include <string>
#include <string_view>

#include "lab/core/result.h"

namespace sni::route {

/// "a.example.com", "*.example.com" (any depth below it, never example.com itself: Envoy's filter
/// chain match, not the one-label wildcard of certificates) or "*" (everything, a client without
/// SNI included). Lower case. A HostPattern cannot hold a bad pattern, so nothing downstream checks
/// again.
class HostPattern {
  public:
    enum class Kind { exact, suffix, any };

    /// The error is a sentence that quotes the text.
    static Result<HostPattern, std::string> parse(std::string_view text);

    Kind kind() const { return kind_; }
    /// The host for exact, the part behind "*." for suffix, empty for any.
    const std::string& name() const { return name_; }
    /// As parse() takes it.
    std::string text() const;

    auto operator<=>(const HostPattern&) const = default;
    bool operator==(const HostPattern&) const = default;

  private:
    HostPattern(Kind kind, std::string name) : kind_(kind), name_(std::move(name)) {}
    Kind kind_;
    std::string name_;
};

}  // namespace sni::route
