// What a run found: for people, for programs and for CI servers; and a former run to compare with.
// Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "lab/core/result.h"
#include "lab/torture/judge.h"
#include "lab/torture/shape.h"

namespace sni::torture {

struct Run {
    std::string gateway;
    std::string product;  ///< "haproxy"; empty: nobody said so
    std::string version;  ///< empty: nobody knows
    std::string config;   ///< "guide" or "tuned", of a gateway that was started for this
    std::string sni;
    std::uint64_t seed = 0;
    std::string command;  ///< the command line without --only, for what it reproduces
    /// In the order of the shapes; of a run that was stopped those that were asked.
    std::vector<Shape> shapes;
    std::vector<Finding> findings;  ///< of the shapes at their places
    std::size_t wanted = 0;         ///< shapes that were to be asked
    /// Names of shapes that cannot be asked, since the ends are elsewhere; not among the wanted.
    std::vector<std::string> left_out;
};

/// How many of its shapes nobody can tell of.
std::size_t unknown_of(const Run& run);

/// As exit_of() of its findings, and inconclusive at least when not every shape was asked.
Exit exit_of(const Run& run, const Baseline* baseline);

/// A table by group, then a line for each that differs, with the command that shows it again.
std::string to_text(const Run& run, const Baseline* baseline);

/// Schema "sni-lab/torture/1".
nlohmann::json to_json(const Run& run, const Baseline* baseline);

/// JUnit XML, a test case for each shape; what fails() is a failure.
std::string to_junit(const Run& run, const Baseline* baseline);

/// What to_json() wrote: shapes without their bytes, and findings. The error is a sentence's end.
Result<Run, std::string> read_run(const std::string& text);

/// Its findings alone.
Result<Baseline, std::string> read_baseline(const std::string& text);

/// For --list: name, rule, what it is, its source; a line each.
std::string to_list(const std::vector<Shape>& shapes);

}  // namespace sni::torture
