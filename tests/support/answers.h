// What listeners answer to every question that tells them apart, to compare two of them.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "lab/routing/listeners/listeners.h"

namespace sni::test {

/// Every name that the listeners know, one below each wildcard, others, and none.
inline std::vector<routing::Question> questions(const routing::Listeners& listeners) {
    std::vector<routing::Question> all;
    for (const routing::Listener& listener : listeners.all) {
        std::set<std::string> names = {"nobody.test"};
        for (const routing::FilterChain& chain : listener.chains) {
            for (const manifest::Text& name : chain.names) {
                names.insert(name.value.starts_with("*") ? "x.y" + name.value.substr(1)
                                                         : name.value);
            }
        }
        for (const std::string& name : names) {
            all.push_back({.sni = name, .port = listener.port});
        }
        all.push_back({.sni = {}, .port = listener.port});
    }
    return all;
}

inline std::vector<std::string> answers(const routing::Listeners& listeners,
                                        const std::vector<routing::Question>& asked) {
    std::vector<std::string> all;
    for (const routing::Question& question : asked) {
        const routing::Answer answer = routing::ask(listeners, question);
        std::string line = question.sni.value_or("(none)") + " " + std::to_string(question.port) +
                           " " + std::string(to_string(answer.outcome));
        for (const lookup::Target& to : answer.destinations) {
            line += " " + to.ns + "/" + to.name + ":" + std::to_string(to.port);
            if (answer.destinations.size() > 1) line += "*" + std::to_string(to.weight);
        }
        all.push_back(line);
    }
    return all;
}

}  // namespace sni::test
