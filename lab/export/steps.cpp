#include "lab/export/steps.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "lab/core/encoding.h"
#include "lab/export/step_parts.h"

namespace sni::exporting {

std::string first_host(const Workload& workload) {
    const auto named =
        std::ranges::find_if(workload.hosts, [](const std::string& host) { return host != "*"; });
    return named == workload.hosts.end() ? workload.service + "." + workload.ns : *named;
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
    std::string commands;
    std::set<std::string> made;
    for (const Workload* workload : secrets) {
        const std::string first = first_host(*workload);
        if (!made.insert(first).second) continue;
        commands += fmt::format("{}test -e {} || {} '{}'", commands.empty() ? "" : "\n",
                                names.pair(first).first, names.certgen, first);
        for (const std::string& host : workload->hosts) {
            if (host != "*" && host != first) commands += fmt::format(" --san '{}'", host);
        }
    }
    return {"the backends' certificates, unless you have your own", commands};
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
