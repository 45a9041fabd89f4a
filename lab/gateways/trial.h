// One cheat, played before a service whose verifier should catch it. For .cpp files of this folder
// only.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "certs/identity.h"
#include "certs/issue.h"
#include "lab/client/observe.h"
#include "lab/gateways/cheating_gateway.h"
#include "lab/proof/judge/judge.h"
#include "lab/report/report.h"

namespace sni::gateways {

/// What the service of a stage answers to, and what it calls itself.
inline constexpr const char* kStageHost = "httpbin.example.com";
inline constexpr const char* kStageName = "self-test";

/// For kStageHost, for an hour.
certs::CertBundle stage_certificate(certs::KeyType key);

/// How the gateway is set up, how often it is asked, and what must come of it.
struct Trial {
    std::string name;
    proof::Verdict expected = proof::Verdict::terminated;
    CheatingOptions gateway;
    int samples = 1;
    std::optional<client::TlsVersion> only;
    std::string suites;       ///< offered while it cheats; honest it gets an ordinary hello
    std::string as = "curl";  ///< whose hello it is that asks
    bool listens = false;  ///< it must be able to read what it passes on, and only while it cheats
    bool spares_curl = false;  ///< asked with curl's hello it must pass, or it is none of its kind
    /// Whose page tells what a witness saw, while it cheats; nothing: the witness's own.
    std::optional<Endpoint> page = {};
    bool own_witness = false;  ///< it has a witness of its own before it, which is asked
};

/// Those that are played before every stage. `gateway` has the service's own certificate and key.
Trial own_certificate(CheatingOptions gateway);
Trial goes_on_in_plain(CheatingOptions gateway, const std::optional<Endpoint>& plain);
Trial reads_along(CheatingOptions gateway);
Trial every_third(CheatingOptions gateway);
/// Asked as Python, whose JA4 is another one than `ja4`.
Trial spares_ja4(const char* name, CheatingOptions gateway, std::string ja4);

/// A service, and whoever signs for it.
class Stage {
  public:
    virtual ~Stage() = default;
    Stage(const Stage&) = delete;
    Stage& operator=(const Stage&) = delete;

    report::Control play(const Trial& trial) const;

  protected:
    explicit Stage(std::chrono::milliseconds timeout) : timeout_(timeout) {}

    /// One probe through the gateway at probe.gateway, judged as verify does it.
    struct Asked {
        proof::Evidence evidence;
        proof::Check check;
    };
    virtual Asked ask(const Trial& trial, client::Probe probe, bool cheats) const = 0;

    std::chrono::milliseconds timeout() const { return timeout_; }

  private:
    proof::Verdict through(const CheatingOptions& options, const Trial& trial, bool cheats,
                           report::Control& control) const;
    report::Control listen(const Trial& trial, CheatingOptions gateway) const;

    const std::chrono::milliseconds timeout_;
};

}  // namespace sni::gateways
