#include "lab/routing/listeners/listeners.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "lab/core/dns_name.h"
#include "lab/core/suggest.h"
#include "lab/route/host_match.h"

namespace sni::routing {

std::string Rule::text() const {
    return fmt::format("{} \"{}/{}\"", kind, ns, name);
}

bool FilterChain::takes_all() const {
    return names.empty() || std::ranges::find(names, "*", &Text::value) != names.end();
}

void Listener::index() {
    exact_.clear();
    suffixes_.clear();
    all_.reset();
    for (std::size_t i = 0; i < chains.size(); ++i) {
        if (chains[i].takes_all()) {
            if (!all_) all_ = i;
            continue;
        }
        for (const Text& text : chains[i].names) {
            const std::string name = to_lower_ascii(text.value);
            if (name.starts_with("*.")) {
                suffixes_.emplace(name.substr(2), i);
            } else {
                exact_.emplace(name, i);
            }
        }
    }
}

std::vector<Listener::Fit> Listener::fitting(std::optional<std::string_view> name) const {
    std::vector<Fit> found;
    const auto take = [&](const auto& in, std::string_view key, std::string_view before) {
        const auto entry = in.find(std::string(key));
        if (entry != in.end())
            found.push_back({entry->second, std::string(before) + std::string(key)});
    };
    if (name) {
        take(exact_, *name, "");
        std::string_view rest = *name;
        for (std::size_t dot = rest.find('.'); dot != std::string_view::npos;
             dot = rest.find('.')) {
            rest.remove_prefix(dot + 1);
            take(suffixes_, rest, "*.");
        }
    }
    if (all_) found.push_back({*all_, "*"});
    return found;
}

std::optional<std::size_t> Listener::find(std::optional<std::string_view> name) const {
    const std::vector<Fit> found = fitting(name);
    return found.empty() ? std::nullopt : std::optional(found.front().chain);
}

const Listener* Listeners::find(std::uint16_t port) const {
    const auto found = std::ranges::find(all, port, &Listener::port);
    return found == all.end() ? nullptr : &*found;
}

bool Unread::concerns(const Question& question) const {
    if (!ports.empty() && std::ranges::find(ports, question.port) == ports.end()) return false;
    if (names.empty()) return true;
    const bool named = question.sni && !question.plaintext;
    return std::ranges::any_of(names, [&](const std::string& name) {
        return name == "*" || (named && route::takes(name, to_lower_ascii(*question.sni)));
    });
}

std::string_view to_string(Outcome outcome) {
    switch (outcome) {
        case Outcome::routed:
            return "routed";
        case Outcome::terminate:
            return "terminate";
        case Outcome::reset:
            return "reset";
        case Outcome::closed_port:
            return "closed-port";
        case Outcome::listener_rejected:
            return "listener-rejected";
    }
    return "reset";
}

namespace {

/// In lower case; nothing without TLS.
std::optional<std::string> sni_of(const Question& question) {
    if (question.plaintext || !question.sni) return std::nullopt;
    return to_lower_ascii(*question.sni);
}

/// Of a connection that came to this chain.
Outcome outcome_of(const FilterChain& chain, bool tls) {
    switch (chain.ends) {
        case FilterChain::Ends::plain:
            return tls ? Outcome::reset : Outcome::terminate;
        case FilterChain::Ends::gateway:
            return tls ? Outcome::terminate : Outcome::reset;
        case FilterChain::Ends::raw:
        case FilterChain::Ends::backend:
            break;
    }
    const bool leads_on = std::ranges::any_of(chain.targets, [](const Target& target) {
        return target.weight > 0 && target.problem.empty();
    });
    return leads_on ? Outcome::routed : Outcome::reset;
}

std::string subject(const Question& question) {
    if (question.plaintext) return "plain text";
    return question.sni ? quote(*question.sni) : "a client without SNI";
}

class Explainer {
  public:
    Explainer(const Listeners& listeners, const Question& question)
        : listeners_(listeners),
          answer_{.question = question, .destinations = {}, .dead = {}, .rule = {}, .why = {}},
          sni_(sni_of(question)) {}

    Answer run() {
        const Decision decided = decide(listeners_, answer_.question);
        answer_.outcome = decided.outcome;
        listener_ = listeners_.find(answer_.question.port);
        if (!listener_) {
            closed(answer_.question.port);
        } else if (!listener_->rejected.empty()) {
            say(listener_->rejected);
            say("Envoy refuses the whole listener then; a fresh gateway has none, a running one "
                "keeps "
                "what it had");
            return std::move(answer_);
        } else if (decided.chain) {
            taken(decided);
        } else {
            unknown();
        }
        tell_lost();
        tell_unread();
        return std::move(answer_);
    }

  private:
    void say(std::string sentence) { answer_.why.push_back(std::move(sentence)); }

    std::string place(const Rule& rule) const {
        const Place at = place_of(*listeners_.files, rule.at);
        return fmt::format("{} ({}:{})", rule.text(), at.file, at.line);
    }

    void closed(std::uint16_t port) {
        const auto why = listeners_.closed.find(port);
        say(why != listeners_.closed.end()
                ? why->second
                : fmt::format("no Gateway that is looked at has a server on port {}", port));
        if (why == listeners_.closed.end()) tell_ports();
        say("without a filter chain there is no listener: the connection is refused");
    }

    void tell_ports() {
        std::vector<std::uint16_t> ports;
        for (const Listener& listener : listeners_.all) {
            if (ports.size() < 8) ports.push_back(listener.port);
        }
        if (ports.empty()) return;
        say(fmt::format("the Gateways here listen at {}: --port {} asks there",
                        fmt::join(ports, ", "), ports.front()));
    }

    void unknown() {
        say(fmt::format("no filter chain takes {}", subject(answer_.question)));
        if (sni_) tell_nearest(*sni_);
        say(
            fmt::format("the gateway closes the connection and leaves {} unread, which the client "
                        "sees as a reset",
                        answer_.question.plaintext ? "what came" : "the ClientHello"));
    }

    void tell_nearest(const std::string& sni) {
        constexpr std::size_t kMost = 5'000;
        std::vector<std::string> known;
        std::optional<std::string> apex;
        for (const FilterChain& chain : listener_->chains) {
            for (const Text& name : chain.names) {
                if (name.value == "*." + sni) apex = name.value;
                if (known.size() < kMost) known.push_back(to_lower_ascii(name.value));
            }
        }
        if (apex) {
            say(fmt::format("{} stands for the names below it, not for {} itself", quote(*apex),
                            quote(sni)));
            return;
        }
        const auto near = sni.size() <= 128 ? nearest(sni, known, 3) : std::nullopt;
        if (near) say(fmt::format("the nearest name is {}", quote(*near)));
    }

    void taken(const Decision& decided) {
        const FilterChain& chain = *decided.chain;
        answer_.rule = chain.rule;
        say(fmt::format("{} takes it by the name {}", place(chain.rule), quote(decided.name)));
        for (const auto& [index, wider] : listener_->fitting(sni_)) {
            const FilterChain& other = listener_->chains[index];
            if (&other == &chain) continue;
            say(fmt::format("it beats {} of {}: the most specific name wins, whatever the order",
                            quote(wider), place(other.rule)));
        }
        const bool tls = !answer_.question.plaintext;
        switch (chain.ends) {
            case FilterChain::Ends::plain:
                say(tls ? "the server speaks HTTP without TLS, and can make nothing of a "
                          "ClientHello"
                        : "the gateway itself answers, in plain HTTP");
                break;
            case FilterChain::Ends::gateway:
                say(tls ? "the gateway itself ends TLS there, with its own certificate"
                        : "the gateway expects a TLS handshake there, and closes on plain text");
                break;
            case FilterChain::Ends::raw:
            case FilterChain::Ends::backend:
                pass(chain);
                break;
        }
    }

    void pass(const FilterChain& chain) {
        std::int64_t total = 0;
        std::int64_t lost = 0;
        std::vector<std::string> problems;
        for (const Target& target : chain.targets) {
            if (target.weight == 0) continue;
            total += target.weight;
            if (target.problem.empty()) {
                answer_.destinations.push_back(target);
            } else {
                lost += target.weight;
                answer_.dead.push_back(target);
                problems.push_back(target.problem);
            }
        }
        for (const Target& target : answer_.destinations) {
            const std::string to =
                !target.addresses.empty()
                    ? fmt::format("port {}, at {}", target.port, addresses_text(target.addresses))
                : target.target_port
                    ? fmt::format("port {}, target port {}", target.port, *target.target_port)
                    : fmt::format("port {}, whose target port no pod tells", target.port);
            say(fmt::format("to {} \"{}/{}\", {}",
                            target.kind == Target::Kind::service ? "Service" : "ServiceEntry",
                            target.ns, target.name, to));
            if (!target.note.empty()) say(target.note);
            if (target.proxy_header != 0)
                say(fmt::format("the gateway writes a PROXY header, version {}, in front of it",
                                target.proxy_header));
            if (!target.wrapped.empty())
                say(target.wrapped + ", which no pod takes off: the client's handshake fails");
        }
        for (std::string& problem : problems) {
            say(std::move(problem));
        }
        if (answer_.destinations.empty()) {
            say("the filter chain is chosen and the connection accepted, and then it is closed");
            return;
        }
        if (lost > 0) {
            say(fmt::format("{} of {} connections are closed", lost, total));
        }
        if (chain.takes_all()) {
            say("\"*\" matches everything, clients without SNI and plain text included");
        }
    }

    /// Rules that name it and lost it, which is what people look for when the answer surprises.
    void tell_lost() {
        if (!sni_) return;
        std::size_t told = 0;
        for (const Lost& lost : listeners_.lost) {
            if (lost.port != answer_.question.port || told == 3) continue;
            const auto named = std::ranges::any_of(lost.names, [&](const std::string& name) {
                return route::takes(to_lower_ascii(name), *sni_);
            });
            if (!named) continue;
            ++told;
            if (!lost.why.empty()) {
                say(fmt::format("{} asks for it too: {}", place(lost.rule), lost.why));
                continue;
            }
            say(fmt::format("{} asks for it too, but is skipped: {} has {} already",
                            place(lost.rule), lost.winner.text(), quote(lost.taken)));
        }
    }

    /// What is not understood is no answer: what nothing takes it may take.
    void tell_unread() {
        constexpr std::size_t kMostTold = 5;
        std::size_t told = 0;
        for (const Unread& unread : listeners_.unread) {
            if (!unread.concerns(answer_.question)) continue;
            const bool open = unread.decides && (answer_.outcome == Outcome::reset ||
                                                 answer_.outcome == Outcome::closed_port);
            answer_.uncertain = answer_.uncertain || open;
            if (++told > kMostTold) continue;
            say(fmt::format("{}: {} is not looked at{}", place(unread.rule), unread.what,
                            unread.decides ? ", which may decide this" : ""));
        }
    }

    const Listeners& listeners_;
    const Listener* listener_ = nullptr;
    Answer answer_;
    std::optional<std::string> sni_;
};

}  // namespace

Decision decide(const Listeners& listeners, const Question& question) {
    const Listener* listener = listeners.find(question.port);
    if (!listener) return {};
    if (!listener->rejected.empty())
        return {.outcome = Outcome::listener_rejected, .chain = nullptr, .name = {}};
    std::vector<Listener::Fit> fitting = listener->fitting(sni_of(question));
    if (fitting.empty()) return {.outcome = Outcome::reset, .chain = nullptr, .name = {}};
    const FilterChain& chain = listener->chains[fitting.front().chain];
    return {.outcome = outcome_of(chain, !question.plaintext),
            .chain = &chain,
            .name = std::move(fitting.front().name)};
}

Answer ask(const Listeners& listeners, const Question& question) {
    return Explainer(listeners, question).run();
}

}  // namespace sni::routing
