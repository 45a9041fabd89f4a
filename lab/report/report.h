// What was found, as one value that every renderer prints: text, JSON and JUnit cannot disagree.
// Deciding is proof/judge's business.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lab/core/cert_facts.h"
#include "lab/core/diagnostic.h"
#include "lab/proof/statement.h"

namespace sni::report {

/// The answer to "does TLS end at my backend, and nowhere before it?"
enum class Verdict {
    proven,             ///< yes
    terminated,         ///< the two ends are in different TLS sessions, or the backend has none
    report_altered,     ///< a statement came back that the expected identity did not sign for this
                        ///< nonce
    unexpected_answer,  ///< the request or the refusal was not what the check expects
    not_routed,         ///< refused, reset, timed out, backend down, another backend
    certificate,        ///< name, dates, chain or pin
    inconclusive,       ///< evidence is missing
    readable,           ///< passed through, but without forward secrecy or with a key log
};
/// The enumerator, as JSON and checks.yaml spell it.
std::string_view to_string(Verdict verdict);
/// "PASSTHROUGH PROVEN" and so on: the headline.
std::string_view headline(Verdict verdict);
Exit exit_of(Verdict verdict);
/// The one that decides when both hold.
Verdict worse(Verdict a, Verdict b);

/// `missing` is evidence that should have been there; `info` decides nothing.
enum class Mark { pass, fail, missing, info };
std::string_view to_string(Mark mark);

/// One thing that was looked at. `code` names a failing or missing line in core/codes.h and is
/// empty otherwise; `verdict` is what this line alone amounts to.
struct Line {
    std::string name;
    Mark mark = Mark::pass;
    std::string text;
    std::string code;
    std::string hint;
    Verdict verdict = Verdict::proven;
    bool operator==(const Line&) const = default;
};

/// The client's half and the backend's, as far as they were seen; digests only, never a secret.
struct Seen {
    std::optional<proof::TlsFacts> client_tls;
    std::optional<proof::TlsFacts> backend_tls;
    std::optional<CertFacts> certificate;
    std::optional<Digest> client_exporter_sha256;
    std::optional<Digest> backend_exporter_sha256;
    /// Up to the request for the proof, and of as many bytes as the backend says it had sent.
    std::optional<proof::StreamDigest> client_sent;
    std::optional<proof::StreamDigest> client_received;
    std::optional<proof::Streams> backend_streams;
    std::vector<proof::HelloFacts> client_hellos;
    std::vector<proof::HelloFacts> backend_hellos;
    std::string backend;  ///< as it names itself, once the signature holds
    std::string answer;   ///< "418 I'm a teapot"
    bool operator==(const Seen&) const = default;
};

/// One name, asked once.
struct Check {
    std::string name;  ///< of the check, for JUnit and humans
    std::string gateway;
    std::optional<std::string> sni;
    std::string request;  ///< the path
    std::vector<Line> lines;
    Seen seen;
    Verdict verdict = Verdict::inconclusive;
    Verdict expected = Verdict::proven;
    /// The gateway itself turned the name away, before anybody finished a handshake: an alert, a
    /// reset or a close.
    bool refused = false;
    /// What the scenario expects of it and did not come, a sentence each; nothing: nobody compared.
    std::optional<std::vector<std::string>> unmet;
    std::chrono::milliseconds took{0};
    bool operator==(const Check&) const = default;

    /// True when a refusal was expected and came.
    bool refused_as_expected() const {
        return expected == Verdict::not_routed && (unmet ? unmet->empty() : refused);
    }
    /// In brackets behind a verdict that was not to be PROVEN: what was expected, and what of it
    /// did not come. Two equal words never stand there.
    std::string beside_expectation() const;
    /// What the check amounts to in the report. A refusal that was expected is as good as proven;
    /// whoever accepts a name that must be refused, or passes through what should not, is
    /// unexpected; everything else is its own verdict.
    Verdict counted() const;
    Exit exit() const { return exit_of(counted()); }
};

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

struct Report {
    LabKind lab = LabKind::own;
    std::string scenario;  ///< empty for a gateway
    std::chrono::sys_seconds time;
    std::string version;  ///< of sni-lab and OpenSSL
    std::vector<Check> checks;
    std::vector<Control> controls;  ///< of --self-test
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
