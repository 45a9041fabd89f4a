#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "lab/core/dns_name.h"
#include "lab/diff/aside.h"
#include "lab/diff/asker.h"
#include "lab/diff/diff.h"

namespace sni::diff {

using routing::FilterChain;

namespace {

/// The names to ask on each port.
using Names = std::map<std::uint16_t, std::set<std::string>>;

void add_names(const std::vector<View>& views, Names& names) {
    for (const View& view : views) {
        for (const routing::Listener& listener : view.listeners->all) {
            for (const FilterChain& chain : listener.chains) {
                if (chain.ends == FilterChain::Ends::plain) continue;
                std::set<std::string>& own = names[listener.port];
                if (chain.takes_all()) own.insert("*");
                for (const manifest::Text& name : chain.names) {
                    own.insert(to_lower_ascii(name.value));
                }
            }
        }
        for (const routing::Lost& lost : view.listeners->lost) {
            for (const std::string& name : lost.names) {
                names[lost.port].insert(to_lower_ascii(name));
            }
        }
    }
}

bool is_passed(const std::vector<End>& ends) {
    return std::ranges::any_of(ends, &End::is_served);
}

bool is_terminated(const std::vector<End>& ends) {
    return std::ranges::any_of(ends,
                               [](const End& end) { return end.kind == End::Kind::terminated; });
}

Change::Kind kind_of(const std::vector<End>& was, const std::vector<End>& is) {
    if (is_passed(was)) {
        if (is_terminated(is) && (!is_terminated(was) || !is_passed(is)))
            return Change::Kind::terminated;
        return is_passed(is) ? Change::Kind::moved : Change::Kind::lost;
    }
    if (is_terminated(was)) return is_passed(is) ? Change::Kind::passed : Change::Kind::lost;
    const bool served = is_passed(is) || is_terminated(is);
    return served ? Change::Kind::gained : Change::Kind::moved;
}

class Comparison {
  public:
    Comparison(const Side& old, const Side& now)
        : old_(old),
          now_(now),
          was_(old, now, Asker::Which::old),
          is_(now, old, Asker::Which::now) {
        for (const Side* side : {&old_, &now_}) {
            std::ranges::move(asides(*side), std::back_inserter(report_.aside));
        }
        report_.undecided = undecided(old.manifest, now.manifest);
    }

    Report run(const std::vector<View>& all_old, const std::vector<View>& all_now) {
        std::vector<View> old = all_old;
        std::vector<View> now = all_now;
        if (old.size() > 1 || now.size() > 1) {
            add_pairs(old, now, [](const View& one, const View& other) {
                return one.proxy == other.proxy && one.gateways == other.gateways;
            });
            add_pairs(old, now, [](const View& one, const View& other) {
                return !one.gateways.empty() && one.gateways == other.gateways;
            });
            if (old.size() == now.size()) {
                add_pairs(old, now, [](const View& one, const View& other) {
                    return !one.proxy.empty() && one.proxy == other.proxy;
                });
            }
        }
        Names names;
        add_names(old, names);
        add_names(now, names);
        if (!old.empty() && !now.empty()) {
            add(old, now, names, {});
        } else {  // what a gateway took that is gone, or that came anew, any other may take
            add(all_old, all_now, names, {});
        }
        std::ranges::sort(report_.changes, {}, [](const Change& change) {
            return std::tie(change.kind, change.name, change.port, change.gateways);
        });
        return std::move(report_);
    }

  private:
    /// Compares those that are the same on both sides with each other, and takes them out.
    template <class Same>
    void add_pairs(std::vector<View>& old, std::vector<View>& now, Same same) {
        std::erase_if(old, [&](const View& view) {
            const auto twin =
                std::ranges::find_if(now, [&](const View& other) { return same(view, other); });
            if (twin == now.end()) return false;
            std::set<std::string> gateways = view.gateways;
            gateways.insert(twin->gateways.begin(), twin->gateways.end());
            Names names;
            add_names({view, *twin}, names);
            add({view}, {*twin}, names, {gateways.begin(), gateways.end()});
            now.erase(twin);
            return true;
        });
    }

    void add(const std::vector<View>& old, const std::vector<View>& now, const Names& names,
             const std::vector<std::string>& gateways) {
        for (const auto& [port, own] : names) {
            for (const std::string& name : own) {
                std::vector<End> was = was_.ask(old, port, name);
                std::vector<End> is = is_.ask(now, port, name);
                if (std::ranges::equal(was, is, are_same)) {
                    ++report_.same;
                    continue;
                }
                const Change::Kind kind = kind_of(was, is);
                report_.changes.push_back({.kind = kind,
                                           .name = name,
                                           .port = port,
                                           .gateways = gateways,
                                           .was = std::move(was),
                                           .is = std::move(is)});
            }
        }
    }

    const Side& old_;
    const Side& now_;
    Asker was_;
    Asker is_;
    Report report_;
};

}  // namespace

bool End::is_served() const {
    return kind == Kind::passed &&
           std::ranges::any_of(backends, [](const Backend& backend) { return !backend.closed; });
}

bool Report::is_empty_handed() const {
    return changes.empty() && same == 0 && !aside.empty();
}

bool Report::is_inconclusive() const {
    return is_empty_handed() || (changes.empty() && !undecided.empty());
}

bool have_same_pods(const Backend& one, const Backend& other) {
    if (one.target_port && other.target_port && one.target_port != other.target_port) return false;
    if (!one.target_name.empty() && !other.target_name.empty() &&
        one.target_name != other.target_name)
        return false;
    if (!one.addresses.empty() && !other.addresses.empty()) return one.addresses == other.addresses;
    // Pods for addresses, or the other way round.
    if (one.addresses.empty() != other.addresses.empty())
        return one.selector.empty() && other.selector.empty();
    // One that comes to others, or leaves them, leaves the others where they were.
    if (!one.workloads.empty() && !other.workloads.empty())
        return std::ranges::includes(one.workloads, other.workloads) ||
               std::ranges::includes(other.workloads, one.workloads);
    return one.selector.empty() || other.selector.empty() || one.selector == other.selector;
}

bool are_same(const End& one, const End& other) {
    const auto alike = [](const Backend& a, const Backend& b) {
        return a.name == b.name && a.share == b.share && a.closed == b.closed &&
               a.proxy_header == b.proxy_header && (a.port == b.port || !a.port || !b.port) &&
               have_same_pods(a, b);
    };
    return one.kind == other.kind && std::ranges::equal(one.backends, other.backends, alike);
}

Report compare(const Side& old, const Side& now) {
    return Comparison(old, now).run(views_of(old), views_of(now));
}

}  // namespace sni::diff
