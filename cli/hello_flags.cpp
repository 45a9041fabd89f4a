#include "cli/hello_flags.h"

#include <algorithm>
#include <string_view>

#include <CLI/App.hpp>
#include <fmt/format.h>

#include "cli/flags.h"
#include "lab/core/encoding.h"

namespace sni::cli {

void add_hello(CLI::App& cmd, HelloFlags& flags, const std::string& alpn) {
    cmd.add_option("--as", flags.as,
                   "Whose ClientHello to send, as far as OpenSSL can: a browser's GREASE and ECH "
                   "cannot be had byte for byte")
        ->check(CLI::IsMember(
            std::vector<std::string>(std::begin(client::kClients), std::end(client::kClients))))
        ->type_name("CLIENT")
        ->capture_default_str();
    cmd.add_option("--tls", flags.tls, "Offer this version of TLS alone (default: both)")
        ->check(CLI::IsMember({"1.2", "1.3"}));
    cmd.add_option("--alpn", flags.alpn,
                   fmt::format("Protocols to offer by ALPN, commas between; none: no ALPN "
                               "(default: {})",
                               alpn))
        ->type_name("NAMES");
    cmd.add_option("--groups", flags.groups,
                   "Groups of the key exchange to offer, OpenSSL's names, colons between (default: "
                   "the client's)")
        ->type_name("LIST");
}

client::Offer read_hello(const HelloFlags& flags) {
    client::Offer offer = client::offer_like(flags.as).value_or(client::Offer{});
    if (flags.tls == "1.2") offer.only = client::TlsVersion::tls_1_2;
    if (flags.tls == "1.3") offer.only = client::TlsVersion::tls_1_3;
    if (!flags.alpn.empty()) offer.alpn = alpn_names(flags.alpn);
    if (!flags.groups.empty()) offer.groups = openssl_groups(flags);
    if (const auto fits = client::usable(offer); !fits) {
        const bool names_fit = std::ranges::all_of(offer.alpn, client::is_alpn_name);
        refuse("this hello cannot be offered: " + fits.error(),
               names_fit ? "openssl list -tls-groups (3.5 on) or openssl ecparam -list_curves "
                           "names groups"
                         : "write --alpn h2,http/1.1");
    }
    return offer;
}

std::string openssl_groups(const HelloFlags& flags) {
    std::string groups = flags.groups;
    std::ranges::replace(groups, ',', ':');
    return groups;
}

std::vector<std::string> alpn_names(const std::string& text) {
    std::vector<std::string> names;
    if (text == "none") return names;
    std::string_view rest = text;
    while (true) {
        const std::size_t comma = rest.find(',');
        names.emplace_back(rest.substr(0, comma));
        if (comma == std::string_view::npos) return names;
        rest.remove_prefix(comma + 1);
    }
}

}  // namespace sni::cli
