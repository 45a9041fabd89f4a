// What is wrong with manifests, all of it: what reading found, what routing found, and the checks
// of this folder, in file order. Nothing is opened: certificates are looked into by a function that
// comes with the options, and the time is an argument.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lab/core/cert_facts.h"
#include "lab/core/diagnostic.h"
#include "lab/lookup/environment.h"
#include "lab/manifest/manifest.h"

namespace sni::analyze {

/// Looks into what a Secret has.
using Inspect = std::function<CertPair(std::string_view cert_pem, std::string_view key_pem)>;

/// What the user has seen already, or does not want to see.
struct Quiet {
    /// CODE or CODE=OBJECT, where OBJECT is "Kind ns/name" or "ns/name" and may have "*" and "?"
    /// in it, as istioctl's --suppress takes it.
    std::vector<std::string> rules;
    /// Fingerprints of findings (fingerprint()), each as often as it is written.
    std::vector<std::string> baseline;
};

struct Options {
    lookup::Environment environment;
    std::chrono::sys_seconds now;
    Inspect inspect;  ///< without it nothing is said about certificates
    Quiet quiet;      ///< what not to say
};

/// The document that a finding is about. Empty for what stands in no document that says its kind;
/// `ns` is empty for kinds without a namespace.
struct Object {
    std::string kind;
    std::string ns;
    std::string name;
    bool operator==(const Object&) const = default;
};

struct Finding {
    Diagnostic diagnostic;
    Object object;
    bool operator==(const Finding&) const = default;
};

/// `all_looked_up`: false when a document could not be read, so that nothing was said about names
/// that might be defined there.
struct Report {
    std::vector<Finding> findings;  ///< in file order, each once
    std::size_t documents = 0;
    bool all_looked_up = true;
    std::size_t suppressed = 0;  ///< left out by rules and annotations
    std::size_t known = 0;       ///< left out as being in the baseline

    std::size_t count(Level level) const;
    /// True when a finding is `level` or worse.
    bool has(Level level) const;
};

/// The same for the same thing wrong with the same object, wherever in whichever file it stands.
std::string fingerprint(const Finding& finding);

Report analyze(const manifest::Parsed& parsed, const Options& options);

}  // namespace sni::analyze
