// What was looked at of one name that was asked for once, and what it amounts to.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lab/core/cert_facts.h"
#include "lab/core/diagnostic.h"
#include "lab/proof/statement.h"
#include "lab/proof/verdict.h"

namespace sni::proof {

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

/// The verdict that decides among them; PROVEN when there are none.
Verdict worst_of(const std::vector<Line>& lines);

/// The client's half and the backend's, as far as they were seen; digests only, never a secret.
struct Seen {
    std::optional<TlsFacts> client_tls;
    std::optional<TlsFacts> backend_tls;
    std::optional<CertFacts> certificate;
    std::optional<Digest> client_exporter_sha256;
    std::optional<Digest> backend_exporter_sha256;
    /// Up to the request for the proof, and of as many bytes as the backend says it had sent.
    std::optional<StreamDigest> client_sent;
    std::optional<StreamDigest> client_received;
    std::optional<Streams> backend_streams;
    std::vector<HelloFacts> client_hellos;
    std::optional<std::string> client_ja4;
    /// Names that it offered, where the one that was chosen is not to be seen: TLS 1.3 encrypts it.
    std::vector<std::string> client_alpn;
    std::vector<HelloFacts> backend_hellos;
    std::string backend;  ///< as it names itself, once the signature holds
    std::string answer;   ///< "418 I'm a teapot"
    bool operator==(const Seen&) const = default;
};

/// Where TLS goes, as all lines together tell: what a picture of a check shows. It never says more
/// than the verdict.
enum class Path {
    unknown,
    whole,     ///< one session from end to end
    readable,  ///< the same, and somebody in between can read it
    altered,   ///< the same, and somebody in between changed its records
    plain,     ///< one that ends before the backend, and plain text behind it
    split,     ///< one that ends before the backend, and another one behind it
    ended,     ///< one that ends before the backend; what is behind it is not known
};

/// The gateway of a check that had none to ask.
constexpr std::string_view kNobody = "none";

/// One name, asked once.
struct Check {
    std::string name;  ///< of the check, for JUnit and humans
    std::string gateway;
    /// Of the gateway's addresses the one that was connected to; nothing: none took a connection.
    std::optional<std::string> address;
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
    std::optional<Nonce> nonce = {};  ///< that it asked with
    bool operator==(const Check&) const = default;

    /// False where there was no gateway to ask.
    bool was_asked() const { return gateway != kNobody; }
    /// The gateway for people, with the address where that is another word.
    std::string where() const;
    Path path() const;
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

}  // namespace sni::proof
