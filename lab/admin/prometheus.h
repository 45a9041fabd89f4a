// Figures as Prometheus reads them: the text format, version 0.0.4. Pure; what is counted, and how
// it is called, is the business of whoever fills it in.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace sni::admin {

/// Names are ours and right; values may be any text.
using Labels = std::vector<std::pair<std::string, std::string>>;

struct Sample {
    double value = 0;
    Labels labels;
    std::string suffix;  ///< behind the family's name: "_bucket", "_sum", "_count"
};

/// A metric and all its samples, which belong together in the text.
struct Family {
    enum class Kind { counter, gauge, histogram };
    Kind kind = Kind::gauge;
    std::string name;
    std::string help;  ///< one sentence
    std::vector<Sample> samples;
};

/// How often something took how long, in seconds. `counts` has one for each of `bounds` (what is at
/// most so long, and longer than the bound before) and a last one for what is longer than all.
Family histogram(std::string name, std::string help, std::span<const double> bounds,
                 std::span<const std::uint64_t> counts, double sum);

/// What a page of this text is served as.
inline constexpr const char* kPrometheusType = "text/plain; version=0.0.4; charset=utf-8";

std::string to_prometheus(std::span<const Family> families);

}  // namespace sni::admin
