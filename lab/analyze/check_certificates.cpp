// What clients will say about the certificates behind the gateway, which it passes on unseen: that
// key and certificate belong together, dates, names, and which backend a browser takes for which.
#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <unordered_map>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "lab/analyze/checks.h"
#include "lab/analyze/codes.h"
#include "lab/core/dns_name.h"
#include "lab/core/encoding.h"
#include "lab/manifest/hosts.h"
#include "lab/scenario/process.h"

namespace sni::analyze {

using namespace manifest;
using namespace routing;
using namespace scenario;

namespace {

/// A name that is routed, and where to.
struct Routed {
    std::string name;  // lower case
    Spot at;
    const std::vector<const Pods*>* pods = nullptr;
};

/// One certificate as pods serve it; `leaf` is nothing while only its Secret's name is known.
struct Served {
    std::string secret;  // "ns/name"
    std::optional<CertFacts> leaf;
    std::vector<const Routed*> names;
};

bool is_name(const std::string& sni) {
    return sni != "*" && !is_ip_address(sni) && !is_partial_wildcard(sni);
}

bool has_san(const CertFacts& facts) {
    return !facts.dns_names.empty() || !facts.ip_addresses.empty();
}

/// Later than anything that renews certificates waits.
bool ends_soon(const CertFacts& facts, std::chrono::sys_seconds now) {
    const std::chrono::seconds life = facts.not_after - facts.not_before;
    return facts.not_after - now < std::min<std::chrono::seconds>(std::chrono::days(14), life / 10);
}

/// gunicorn speaks HTTP/1.1 only, so nobody joins connections to it.
bool may_speak_h2(const std::vector<const Pods*>& pods) {
    return std::ranges::any_of(pods, [](const Pods* one) {
        return std::ranges::none_of(
            one->deployment->pod.containers,
            [](const Container& container) { return process_of(container).gunicorn; });
    });
}

enum class Cover { yes, one_label, no };

/// An SNI wildcard stands for names of any depth, a certificate's for one label.
Cover covers(const CertFacts& leaf, const std::string& sni) {
    if (!sni.starts_with("*.")) {
        return match_name(leaf, sni) == NameMatch::not_covered ? Cover::no : Cover::yes;
    }
    const std::string_view suffix = std::string_view(sni).substr(1);
    const auto fits = [&](const std::string& name) {
        return to_lower_ascii(name).ends_with(suffix);
    };
    const bool any =
        has_san(leaf) ? std::ranges::any_of(leaf.dns_names, fits) : fits(leaf.common_name);
    return any ? Cover::one_label : Cover::no;
}

/// The CN where it is a host's name: a CA's is none, and an organisation's has blanks.
std::string host_word(const CertFacts& leaf) {
    const bool host = !leaf.authority && DnsName::parse(leaf.common_name).has_value();
    return host ? command_word(leaf.common_name, "NAME") : "NAME";
}

std::string names_of(const CertFacts& leaf) {
    if (!has_san(leaf)) return fmt::format("it is for {} (CN only)", printable(leaf.common_name));
    constexpr std::size_t kShown = 5;
    std::vector<std::string> shown;
    for (const std::string& name : leaf.dns_names) {
        if (shown.size() < kShown) shown.push_back(printable(name));
    }
    for (const std::string& address : leaf.ip_addresses) {
        if (shown.size() < kShown) shown.push_back(printable(address));
    }
    return fmt::format("it is for {}", fmt::join(shown, ", "));
}

class Certificates {
  public:
    Certificates(const Model& model, Findings& findings) : model_(model), findings_(findings) {}

    void run() {
        collect_routed();
        collect_served();
        for (const Secret& secret : model_.manifest.secrets) {
            const bool pair = secret.data.contains("tls.crt") && secret.data.contains("tls.key");
            if (!pair || secret.meta.flawed || !model_.options.inspect) continue;
            (void)inspected(secret.meta.path(), secret.data.at("tls.crt"),
                            secret.data.at("tls.key"));
        }
        for (const Served& served : served_) {
            check_names(served);
            check_coalescing(served);
        }
    }

  private:
    void collect_routed() {
        for (const Reached& reached : model_.reached) {
            if (reached.pods.empty()) continue;
            // One "*" makes Envoy match everything, and the other names are not looked at.
            if (reached.chain->takes_all()) continue;
            for (const Text& sni : reached.chain->names) {
                if (is_name(sni.value)) {
                    routed_.push_back({to_lower_ascii(sni.value), sni.at, &reached.pods});
                }
            }
        }
        for (const Routed& routed : routed_) {
            by_name_.emplace(routed.name, &routed);
            const std::size_t dot = routed.name.find('.');
            if (dot == std::string::npos || routed.name.starts_with('*')) continue;
            std::vector<const Routed*>& below = by_parent_[routed.name.substr(dot)];
            // Two that lead to different pods are enough to find one that leads elsewhere.
            if (below.empty() || (below.size() == 1 && *below[0]->pods != *routed.pods)) {
                below.push_back(&routed);
            }
        }
    }

    void collect_served() {
        std::map<std::string, std::size_t> index;
        for (const Routed& routed : routed_) {
            for (const Pods* pods : *routed.pods) {
                if (!pods->secret) continue;
                const SecretSpec& spec = *pods->secret;
                const std::string path = spec.ns + "/" + spec.name;
                const auto [slot, fresh] =
                    index.emplace(path + "\n" + spec.cert_pem.value_or(""), served_.size());
                if (fresh) {
                    Served served{.secret = path, .leaf = {}, .names = {}};
                    if (spec.cert_pem && spec.key_pem && model_.options.inspect) {
                        served.leaf = inspected(path, *spec.cert_pem, *spec.key_pem);
                    }
                    served_.push_back(std::move(served));
                }
                std::vector<const Routed*>& names = served_[slot->second].names;
                if (names.empty() || names.back() != &routed) names.push_back(&routed);
            }
        }
    }

    /// The leaf. What is wrong with it is reported once, at its Secret.
    std::optional<CertFacts> inspected(const std::string& secret, const std::string& cert,
                                       const std::string& key) {
        const auto [slot, fresh] = leaves_.try_emplace(std::pair(cert, key));
        if (!fresh) return slot->second;
        const CertPair pair = model_.options.inspect(cert, key);
        const auto found = model_.secrets.find(secret);
        const Spot at = found == model_.secrets.end() ? Spot{} : found->second->meta.name.at;
        report_pair(pair, secret, at);
        if (!pair.chain.empty()) {
            // In the wrong order, the leaf is the one that the key belongs to.
            const std::size_t leaf =
                pair.fits.value_or(0) < pair.chain.size() ? pair.fits.value_or(0) : std::size_t{0};
            slot->second = pair.chain[leaf];
            report_leaf(pair.chain[leaf], secret, at);
        }
        return slot->second;
    }

    void report_pair(const CertPair& pair, const std::string& secret, Spot at) {
        if (!pair.cert_problem.empty()) {
            findings_.error(
                code::kBadCert, at,
                fmt::format("Secret {} holds no certificate that can be served", quote(secret)),
                pair.cert_problem, "put the PEM of the certificate into tls.crt");
        }
        if (!pair.key_problem.empty()) {
            findings_.error(code::kBadCert, at,
                            fmt::format("Secret {} holds no key that can be used", quote(secret)),
                            pair.key_problem, "put the PEM of the private key into tls.key");
        }
        if (pair.mismatch) {
            report_mismatch(pair, secret, at);
        }
    }

    void report_mismatch(const CertPair& pair, const std::string& secret, Spot at) {
        if (pair.fits && *pair.fits > 0) {
            return findings_.error(
                code::kKeyMismatch, at,
                fmt::format("the certificates in Secret {} stand in the wrong order",
                            quote(secret)),
                fmt::format(
                    "the key belongs to number {} of them, {}, and whoever serves TLS takes "
                    "the first",
                    *pair.fits + 1, subject_of(pair.chain, *pair.fits)),
                "put the leaf first, and behind each certificate its issuer's");
        }
        findings_.error(
            code::kKeyMismatch, at,
            fmt::format("the key in Secret {} belongs to another certificate", quote(secret)),
            pair.chain.empty()
                ? std::string("TLS cannot start with them")
                : fmt::format("TLS cannot start with them; the certificate is for {}",
                              subject_of(pair.chain, 0)),
            "take both from one run of certgen or openssl");
    }

    static std::string subject_of(const std::vector<CertFacts>& chain, std::size_t index) {
        return index < chain.size() ? quote(chain[index].subject) : std::string("no name");
    }

    void report_leaf(const CertFacts& leaf, const std::string& secret, Spot at) {
        const Dates dates = match_dates(leaf, model_.options.now);
        if (dates == Dates::expired) {
            findings_.error(code::kExpired, at,
                            fmt::format("the certificate in Secret {} expired on {}", quote(secret),
                                        to_string(leaf.not_after)),
                            fmt::format("it is {} now", to_string(model_.options.now)),
                            "make a new one: sni-lab certgen");
        } else if (dates == Dates::not_yet_valid) {
            findings_.error(code::kNotYet, at,
                            fmt::format("the certificate in Secret {} is valid from {} only",
                                        quote(secret), to_string(leaf.not_before)),
                            fmt::format("it is {} now", to_string(model_.options.now)),
                            "make one that is valid already, or check the clock");
        } else if (ends_soon(leaf, model_.options.now)) {
            findings_.add(Level::warning, code::kEndsSoon, at,
                          fmt::format("the certificate in Secret {} ends on {}", quote(secret),
                                      to_string(leaf.not_after)),
                          fmt::format("it is {} now; what renews it should have done so already",
                                      to_string(model_.options.now)),
                          "make a new one: sni-lab certgen");
        }
        if (has_san(leaf)) return;
        findings_.add(Level::warning, code::kNoSan, at,
                      fmt::format("the certificate in Secret {} has no SAN", quote(secret)),
                      "curl with OpenSSL still reads the CN; Go, Chrome and Firefox refuse it",
                      fmt::format("sni-lab certgen {} writes both", host_word(leaf)));
    }

    void check_names(const Served& served) {
        if (!served.leaf) return;
        for (const Routed* routed : served.names) {
            if (covers(*served.leaf, routed->name) != Cover::no) continue;
            const bool wildcard = routed->name.starts_with("*.");
            findings_.add(
                wildcard ? Level::warning : Level::error, code::kCertName, routed->at,
                fmt::format("the certificate in Secret {} does not cover {}", quote(served.secret),
                            quote(routed->name)),
                names_of(*served.leaf) +
                    (wildcard ? "; its own wildcard would be for one label, the SNI's is for many"
                              : ""),
                fmt::format("make one for this name: sni-lab certgen {}",
                            wildcard ? "NAME" : command_word(routed->name, "NAME")));
        }
    }

    /// A client may send a request for any name that the certificate covers over a connection that
    /// it has (RFC 9113 §9.1.1), and the gateway cannot see that it is for another backend.
    void check_coalescing(const Served& served) {
        if (served.names.empty()) return;
        const Routed& own = *served.names.front();
        const Routed* other = nullptr;
        // Without the certificate: it must cover all names that are routed to it.
        for (const Routed* routed : served.names) {
            if (!other && *routed->pods != *own.pods) other = routed;
        }
        if (served.leaf) {
            for (const std::string& san : served.leaf->dns_names) {
                if (!other) other = elsewhere(to_lower_ascii(san), own);
            }
        }
        if (!other || !may_speak_h2(*own.pods) || !may_speak_h2(*other->pods)) return;
        const Routed& later = own.at < other->at ? *other : own;
        const Routed& first = own.at < other->at ? own : *other;
        findings_.add(
            Level::warning, code::kCoalesce, later.at,
            fmt::format("requests for {} may reach the backend of {}", quote(later.name),
                        quote(first.name)),
            fmt::format("one certificate, in Secret {}, covers both, so an HTTP/2 client may use "
                        "one connection for both names",
                        quote(served.secret)),
            "give each backend a certificate of its own, or let it answer 421 for other names");
    }

    /// A name that `san` covers and that leads to other pods than `own`.
    const Routed* elsewhere(const std::string& san, const Routed& own) const {
        if (san.starts_with("*.")) {
            const auto below = by_parent_.find(san.substr(1));
            if (below == by_parent_.end()) return nullptr;
            const auto found = std::ranges::find_if(
                below->second, [&](const Routed* routed) { return *routed->pods != *own.pods; });
            return found == below->second.end() ? nullptr : *found;
        }
        const auto found = by_name_.find(san);
        return found != by_name_.end() && *found->second->pods != *own.pods ? found->second
                                                                            : nullptr;
    }

    const Model& model_;
    Findings& findings_;
    std::vector<Routed> routed_;
    std::unordered_map<std::string, const Routed*> by_name_;
    std::unordered_map<std::string, std::vector<const Routed*>> by_parent_;
    std::vector<Served> served_;
    std::map<std::pair<std::string, std::string>, std::optional<CertFacts>> leaves_;
};

}  // namespace

void check_certificates(const Model& model, Findings& findings) {
    Certificates(model, findings).run();
}

}  // namespace sni::analyze
