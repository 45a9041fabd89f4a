#include "cli/certgen_requests.h"

#include <algorithm>
#include <charconv>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "certs/dates.h"
#include "certs/store.h"
#include "cli/authority.h"
#include "cli/flags.h"
#include "lab/core/codes.h"
#include "lab/core/encoding.h"
#include "lab/core/host_help.h"
#include "lab/core/suggest.h"

namespace sni::cli {

namespace {

using std::chrono::sys_seconds;

constexpr std::string_view kTutorialOrganization = "myorg";
constexpr int kMostDays = 36500;
constexpr const char* kSeeHelp = "see sni-lab certgen --help";

certs::KeyType key_type(const std::string& word) {
    using certs::KeyType;
    static const std::vector<std::pair<std::string, KeyType>> kTypes = {
        {"rsa:2048", KeyType::rsa_2048}, {"rsa:3072", KeyType::rsa_3072},
        {"rsa:4096", KeyType::rsa_4096}, {"ec:p256", KeyType::ec_p256},
        {"ec:p384", KeyType::ec_p384},   {"ed25519", KeyType::ed25519}};
    std::vector<std::string> words;
    for (const auto& [known, type] : kTypes) {
        if (known == word) return type;
        words.push_back(known);
    }
    const auto near = nearest(word, words);
    refuse(fmt::format("--key \"{}\" is none of {}", printable(word), fmt::join(words, ", ")),
           near ? fmt::format("did you mean --key {}?", *near) : "");
}

std::chrono::days days_of(const std::string& text) {
    int days = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, days);
    if (error != std::errc{} || stop != end || days < 1 || days > kMostDays) {
        refuse(
            fmt::format("--days \"{}\" is not a number from 1 to {}", printable(text), kMostDays),
            "for a certificate that has expired: --not-before -10d --days 5");
    }
    return std::chrono::days(days);
}

/// The name in its one spelling.
std::string checked_name(const std::string& name) {
    if (const auto wrong = certs::check_name(name)) {
        const std::string help = host_help(name);
        throw Failure(Exit::usage, code::kBadName, *wrong, {}, help.empty() ? kSeeHelp : help);
    }
    return certs::canonical_name(name);
}

void add_once(std::vector<std::string>& names, const std::string& name) {
    if (std::ranges::find(names, name) == names.end()) names.push_back(name);
}

/// The names of each pair to make; the first one names its files.
using NameLists = std::vector<std::vector<std::string>>;

/// Secrets with one first name share a certificate for all their names, since `up` looks them up by
/// it. A Secret that no route leads to gets the name a Service of its own would have.
NameLists names_of_scenario(const CertgenOptions& options) {
    NameLists lists;
    for (const SecretWish& wish : options.secrets_of(options.scenario)) {
        std::vector<std::string> names;
        for (const std::string& name : wish.names) {
            add_once(names, checked_name(name));
        }
        if (names.empty()) names.push_back(checked_name(wish.name + "." + wish.ns));
        const auto same = std::ranges::find_if(
            lists, [&](const auto& list) { return list.front() == names.front(); });
        if (same == lists.end()) {
            lists.push_back(std::move(names));
        } else {
            std::ranges::for_each(names, [&](const auto& name) { add_once(*same, name); });
        }
    }
    if (lists.empty()) {
        refuse(fmt::format("scenario \"{}\" needs no certificate", printable(options.scenario)),
               "none of its pods mounts a Secret that neither its manifests hold nor its lab.yaml "
               "makes");
    }
    return lists;
}

NameLists names_of(const CertgenOptions& options) {
    NameLists lists;
    if (!options.scenario.empty()) {
        lists = names_of_scenario(options);
    } else if (options.names.empty()) {
        lists = {{std::string(kTutorialName)}};
    } else {
        for (const std::string& name : options.names) {
            if (lists.empty() || !options.one) lists.emplace_back();
            add_once(lists.back(), checked_name(name));
        }
    }
    for (const std::string& san : options.sans) {
        const std::string name = checked_name(san);
        std::ranges::for_each(lists, [&](auto& list) { add_once(list, name); });
    }
    return lists;
}

/// Flags that contradict each other.
void check_combination(const CertgenOptions& options) {
    const auto both = [](bool one, bool other, std::string_view message) {
        if (one && other) refuse(std::string(message), kSeeHelp);
    };
    both(!options.scenario.empty(), !options.names.empty(),
         "--scenario brings its own names; give either");
    both(!options.scenario.empty(), options.client, "--scenario makes server certificates");
    both(options.one, options.cn_only, "--cn-only has room for one name");
    both(options.cn_only, !options.sans.empty(), "--cn-only makes a certificate without SAN");
    both(options.cn_only, options.authority, "--cn-only is self-signed, as the tutorial's");
    both(options.cn_only, options.client, "--cn-only is a server certificate, as the tutorial's");
    if (options.state.empty()) refuse("--state names no folder", kSeeHelp);
    if (const auto wrong = certs::check_organization(options.organization.value_or(""))) {
        refuse("--org " + *wrong, kSeeHelp);
    }
}

void set_dates(certs::CertRequest& request, const CertgenOptions& options, sys_seconds now) {
    const std::chrono::days days = days_of(options.days);
    if (options.not_before.empty()) {
        request.not_before = now - certs::kClockAllowance;
        request.not_after = now + days;
        return;
    }
    const auto not_before = certs::parse_time(options.not_before, now);
    if (!not_before) refuse("--not-before " + not_before.error(), kSeeHelp);
    request.not_before = *not_before;
    request.not_after = *not_before + days;
}

}  // namespace

std::vector<certs::CertRequest> requests_of(const CertgenOptions& options, sys_seconds now) {
    check_combination(options);
    const bool tutorial = options.scenario.empty() && options.names.empty();
    certs::CertRequest model;
    model.organization =
        options.organization.value_or(std::string(tutorial ? kTutorialOrganization : ""));
    model.key = key_type(options.key);
    set_dates(model, options, now);
    model.purpose = options.client ? certs::Purpose::client : certs::Purpose::server;
    model.cn_only = options.cn_only;

    std::vector<certs::CertRequest> requests;
    std::set<std::filesystem::path> files;
    if (options.authority) files.insert(certs::pair_paths("", kAuthorityName).key);
    for (std::vector<std::string>& names : names_of(options)) {
        const std::filesystem::path file = certs::pair_paths("", names.front()).key;
        if (!files.insert(file).second) {
            refuse(fmt::format("{} would be written twice", printable(file.native())),
                   "give each name once");
        }
        requests.push_back(model);
        requests.back().names = std::move(names);
        require_common_name(requests.back(), "--cn-only");
    }
    return requests;
}

void require_common_name(const certs::CertRequest& request, std::string_view flag) {
    const std::string& name = request.names.front();
    if (!request.cn_only || certs::fits_common_name(name)) return;
    throw Failure(Exit::usage, code::kBadName,
                  fmt::format("\"{}\" does not fit into a CN", printable(name)),
                  fmt::format("it has {} bytes and a CN at most 64 (X.520)", name.size()),
                  fmt::format("leave out {}: a SAN has room for it", flag));
}

}  // namespace sni::cli
