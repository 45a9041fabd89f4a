#include "lab/export/routers/proxy_config.h"

#include <algorithm>
#include <set>
#include <tuple>

#include <fmt/format.h>

#include "lab/export/routers/shares.h"
#include "lab/route/host_pattern.h"

namespace sni::exporting {

namespace {

using lookup::Target;
using routing::FilterChain;

bool is_any(const Route& route) {
    return route.name == "*";
}

bool is_wildcard(const Route& route) {
    return route.name.starts_with("*.");
}

std::string one_word(std::string text) {
    std::ranges::replace_if(
        text,
        [](char c) {
            const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
            return !letter && !(c >= '0' && c <= '9') && c != '-' && c != '.';
        },
        '-');
    return text;
}

class Wirer {
  public:
    Wirer(const AddressBook& addresses, const ListenAt& listen, const scenario::LabFile& lab)
        : addresses_(addresses), listen_(listen), lab_(lab) {}

    void add(const routing::Listener& listener) {
        if (!listener.rejected.empty()) {
            return note(fmt::format("port {} is left out: Envoy would refuse it, since {}",
                                    listener.port, listener.rejected));
        }
        Gate gate = gate_at(listener.port);
        std::set<std::string> taken;
        for (const FilterChain& chain : listener.chains) {
            const std::optional<std::size_t> pool = pool_of(chain);
            for (std::string& name : names_of(chain)) {
                if (!taken.insert(name).second) continue;
                gate.routes.push_back({.name = std::move(name), .pool = pool});
            }
        }
        std::ranges::sort(gate.routes, {}, [](const Route& route) {
            const auto labels = std::ranges::count(route.name, '.');
            return std::tuple(is_any(route), is_wildcard(route), is_wildcard(route) ? -labels : 0,
                              std::string_view(route.name));
        });
        config_.gates.push_back(std::move(gate));
    }

    ProxyConfig take() { return std::move(config_); }

  private:
    Gate gate_at(std::uint16_t port) {
        Gate gate{.port = port, .listen = listen_.at(port), .routes = {}};
        const scenario::GateSetting* setting = lab_.gate(port);
        if (!setting) return gate;
        gate.hello = setting->hello_timeout;
        gate.idle = setting->idle_timeout;
        gate.accept_proxy = setting->accept_proxy;
        if (setting->forgery != scenario::Forgery::none) {
            note(fmt::format("lab.yaml: the forgery {} of port {} is not carried over",
                             to_string(setting->forgery), port));
        }
        return gate;
    }

    void note(std::string sentence) {
        if (said_.insert(sentence).second) config_.notes.push_back(std::move(sentence));
    }

    std::vector<std::string> names_of(const FilterChain& chain) {
        if (chain.takes_all()) return {"*"};
        std::vector<std::string> names;
        for (const manifest::Text& text : chain.names) {
            const auto pattern = route::HostPattern::parse(text.value);
            if (pattern) {
                names.push_back(pattern->text());
            } else {
                note(fmt::format("{} asks for what no client can send: {}", chain.rule.text(),
                                 pattern.error()));
            }
        }
        return names;
    }

    std::optional<std::size_t> pool_of(const FilterChain& chain) {
        if (chain.ends != FilterChain::Ends::backend) {
            note(
                fmt::format("{} is not carried over: the gateway itself answers there, and its "
                            "names are refused here",
                            chain.rule.text()));
            return std::nullopt;
        }
        std::vector<Share> shares;
        std::vector<std::string> parts;
        for (const Target& target : chain.targets) {
            if (target.weight == 0) continue;
            if (!target.problem.empty()) {
                note(
                    fmt::format("{}: {}; a gateway closes those connections, and here they go to "
                                "the rule's other destinations, if it has any",
                                chain.rule.text(), target.problem));
                continue;
            }
            std::vector<Server> servers = addresses_(target);
            if (servers.empty()) {
                note(
                    fmt::format("{}: nobody knows an address of {}/{}; give one with --backend "
                                "{}/{}=HOST:PORT",
                                chain.rule.text(), target.ns, target.name, target.ns, target.name));
                continue;
            }
            shares.push_back({.servers = std::move(servers),
                              .weight = static_cast<std::uint64_t>(target.weight)});
            parts.push_back(fmt::format("{}-{}-{}", target.ns, target.name, target.port));
        }
        if (shares.empty()) return std::nullopt;
        const std::string name = parts.size() == 1
                                     ? parts.front()
                                     : fmt::format("{}-{}", chain.rule.ns, chain.rule.name);
        Pool pool{.name = one_word(name), .servers = divide(shares)};
        if (const scenario::GateSetting* setting = lab_.gate(chain.port)) {
            pool.proxy_protocol = setting->proxy_protocol;
            pool.idle = setting->idle_timeout;
        }
        return add(std::move(pool));
    }

    /// The one that is there already, if it is the same.
    std::size_t add(Pool pool) {
        const std::string wish = pool.name;
        for (int next = 2;; ++next) {
            const auto known = by_name_.find(pool.name);
            if (known == by_name_.end()) break;
            if (config_.pools[known->second] == pool) return known->second;
            pool.name = fmt::format("{}-{}", wish, next);
        }
        by_name_.emplace(pool.name, config_.pools.size());
        config_.pools.push_back(std::move(pool));
        return config_.pools.size() - 1;
    }

    const AddressBook& addresses_;
    const ListenAt& listen_;
    const scenario::LabFile& lab_;
    ProxyConfig config_;
    std::map<std::string, std::size_t> by_name_;
    std::set<std::string> said_;
};

}  // namespace

ProxyConfig proxy_config(const routing::Listeners& listeners, const AddressBook& addresses,
                         const ListenAt& listen, const scenario::LabFile& lab) {
    Wirer wirer(addresses, listen, lab);
    for (const routing::Listener& listener : listeners.all) {
        wirer.add(listener);
    }
    return wirer.take();
}

}  // namespace sni::exporting
