#include "lab/export/steps.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "lab/core/encoding.h"
#include "lab/export/step_parts.h"

namespace sni::exporting {

const std::string& first_host(const Workload& workload) {
    return workload.secret.hosts.front();
}

std::vector<const Workload*> one_of_each_secret(const std::vector<Workload>& workloads) {
    std::vector<const Workload*> all;
    std::set<std::pair<std::string, std::string>> known;
    for (const Workload& workload : workloads) {
        const bool fresh = known.emplace(workload.ns, workload.secret.name).second;
        if (fresh && !workload.secret.in_files) all.push_back(&workload);
    }
    return all;
}

Step certgen_step(const std::vector<const Workload*>& secrets, const Names& names) {
    // Secrets of two namespaces that have their first name in common are one pair here.
    std::vector<std::vector<std::string>> pairs;
    for (const Workload* workload : secrets) {
        auto pair = std::ranges::find_if(
            pairs, [&](const auto& hosts) { return hosts.front() == first_host(*workload); });
        if (pair == pairs.end()) pair = pairs.insert(pair, {first_host(*workload)});
        for (const std::string& host : workload->secret.hosts) {
            if (std::ranges::find(*pair, host) == pair->end()) pair->push_back(host);
        }
    }
    std::string commands;
    for (const std::vector<std::string>& hosts : pairs) {
        commands += fmt::format("{}test -e {} || {} '{}'", commands.empty() ? "" : "\n",
                                names.pair(hosts.front()).first, names.certgen, hosts.front());
        for (std::size_t i = 1; i < hosts.size(); ++i) {
            commands += fmt::format(" --san '{}'", hosts[i]);
        }
    }
    return {"the backends' certificates, unless you have your own", commands};
}

Step identity_step(const Names& names) {
    return {"make the identity that signs; it is no TLS key",
            fmt::format("mkdir -p -m 700 {1}\n"
                        "test -e {0} || openssl genpkey -algorithm ed25519 -out {0}\n"
                        "openssl pkey -in {0} -pubout -out {0}.pub",
                        names.identity, names.state)};
}

std::string folder_of(std::string_view ns, std::string_view secret) {
    return fmt::format("{}.{}", ns, secret);
}

Step verify_step(const Question& asked, const std::string& gateway, const std::string& identity,
                 const std::string& more) {
    return {"prove that nobody decrypts in between",
            fmt::format("sni-lab verify --gateway {} --sni {} --identity {}{} --wait 60s", gateway,
                        asked.sni, identity, more)};
}

std::string signed_by(const Workload& workload, const Question& asked) {
    return asked.alone ? " --backend " + workload.name : "";
}

std::string script(const std::vector<Step>& steps) {
    std::string text;
    for (const Step& step : steps) {
        text += fmt::format("# {}\n{}\n", printable(step.does), step.command);
    }
    return text;
}

}  // namespace sni::exporting
