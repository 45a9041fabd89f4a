// What was found, as one value that every renderer prints: text, JSON and JUnit cannot disagree.
// Deciding is proof/judge's business.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lab/core/diagnostic.h"
#include "lab/proof/check.h"

namespace sni::report {

// What a report is made of is judged in lab/proof.
using proof::Check;
using proof::Line;
using proof::Mark;
using proof::Seen;
using proof::Verdict;

/// A gateway that cheats, started to see whether it is caught: a verifier that has never said no
/// has shown nothing.
struct Control {
    std::string name;  ///< "A2 re-encrypts": the threat and the cheat
    Verdict expected = Verdict::terminated;
    Verdict found = Verdict::inconclusive;
    /// What the same gateway gets when it is told to pass everything through.
    Verdict honest = Verdict::inconclusive;
    bool operator==(const Control&) const = default;

    /// Why nobody could talk to the gateway at all: of a machine that is out of something.
    std::string untried;

    bool caught() const { return found == expected && honest == Verdict::proven; }
    /// Why it was not caught, as a clause.
    std::string complaint() const;
};

/// Which lab was looked at. Every report says so, since a green answer about another lab is none.
enum class LabKind { running, own, gateway, saved };
std::string_view to_string(LabKind kind);

/// "3 days", "90 minutes", "7 seconds", whole ones of the largest unit of which there are two.
std::string in_words(std::chrono::seconds time);

/// Of a proof that was saved and is judged again.
struct SavedFrom {
    std::chrono::seconds age{0};     ///< negative: by this clock it is still to come
    std::optional<std::string> lab;  ///< the word of a LabKind; nothing: the file does not say
    bool operator==(const SavedFrom&) const = default;
};

struct Report {
    LabKind lab = LabKind::own;
    std::string scenario;  ///< empty for a gateway
    std::chrono::sys_seconds time;
    std::string version;  ///< of sni-lab and OpenSSL
    std::vector<Check> checks;
    std::vector<Control> controls;        ///< of --self-test
    std::optional<SavedFrom> saved = {};  ///< where lab is `saved`
    bool operator==(const Report&) const = default;

    /// All cheats were caught; true without any.
    bool controls_hold() const;

    /// No check is at fault, and yet there is no answer: nothing was asked that could prove
    /// anything.
    bool nothing_shown() const;
    /// The worst of the checks. Without a single check that is proven nothing was shown, whatever
    /// was refused; nor when a cheat was not caught.
    Verdict verdict() const;
    Exit exit() const;
};

}  // namespace sni::report
