#include "lab/backend/ciphers.h"

#include <algorithm>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "certs/openssl.h"
#include "lab/backend/tls_context.h"
#include "lab/core/codes.h"
#include "lab/core/diagnostic.h"
#include "lab/core/encoding.h"

namespace sni::backend {

namespace {

using certs::check;

/// True when the context would use the suite of that name.
bool has_suite(SSL_CTX* context, std::string_view name) {
    const STACK_OF(SSL_CIPHER)* suites = SSL_CTX_get_ciphers(context);
    for (int i = 0; i < sk_SSL_CIPHER_num(suites); ++i) {
        if (name == SSL_CIPHER_get_name(sk_SSL_CIPHER_value(suites, i))) return true;
    }
    return false;
}

/// OpenSSL passes over what it does not know, as long as something is left. What a list takes away
/// may be there or not; orders are no names.
void check_names(std::string_view list, const std::function<void(std::string)>& refuse_list) {
    const SslContextPtr context(check(SSL_CTX_new(TLS_server_method()), "make a TLS context"));
    while (!list.empty()) {
        std::string_view name = list.substr(0, list.find(':'));
        list.remove_prefix(std::min(name.size() + 1, list.size()));
        if (name.starts_with('+')) name.remove_prefix(1);
        if (name.empty() || name.starts_with('!') || name.starts_with('-') || name.starts_with('@'))
            continue;
        if (SSL_CTX_set_cipher_list(context.get(), std::string(name).c_str()) == 1) continue;
        certs::drain_errors();
        refuse_list(fmt::format("OpenSSL has no {}", printable(name)));
    }
}

/// Options::ciphers, for each version those that are for it.
struct CipherLists {
    std::string tls12;
    std::string tls13;
    std::vector<std::string_view> suites;  ///< of tls13
};

CipherLists lists_of(std::string_view rest) {
    CipherLists lists;
    while (!rest.empty()) {
        const std::string_view name = rest.substr(0, rest.find_first_of(":, ;"));  // as OpenSSL
        rest.remove_prefix(std::min(name.size() + 1, rest.size()));
        if (name.empty()) continue;
        std::string& list = name.starts_with("TLS_") ? lists.tls13 : lists.tls12;
        if (&list == &lists.tls13) lists.suites.push_back(name);
        (list += list.empty() ? "" : ":") += name;
    }
    return lists;
}

/// A list that says nothing of any version that is served is a mistake.
void check_effect(const CipherLists& lists, const Options& options) {
    const bool some12 = options.min_tls == TlsVersion::v1_2 && !lists.tls12.empty();
    const bool some13 = options.max_tls == TlsVersion::v1_3 && !lists.tls13.empty();
    if (options.ciphers.empty() || some12 || some13) return;
    throw Failure(Exit::usage, code::kBackendPolicy,
                  fmt::format("\"{}\" names no cipher of a version that is served",
                              printable(options.ciphers)),
                  "names that start with TLS_ are for TLS 1.3, the others for TLS 1.2");
}

}  // namespace

bool names_ciphers_of_1_2(const Options& options) {
    return options.min_tls == TlsVersion::v1_2 && !lists_of(options.ciphers).tls12.empty();
}

void limit_ciphers(SSL_CTX* context, const Options& options) {
    const CipherLists lists = lists_of(options.ciphers);
    const auto& [tls12, tls13, suites] = lists;
    check_effect(lists, options);
    const auto refuse_list = [&](std::string why) {
        throw Failure(Exit::usage, code::kBackendPolicy,
                      fmt::format("\"{}\" is no list of ciphers", printable(options.ciphers)),
                      std::move(why));
    };
    if (!tls13.empty() && SSL_CTX_set_ciphersuites(context, tls13.c_str()) != 1) {
        refuse_list(certs::drain_errors());
    }
    if (!tls12.empty() && SSL_CTX_set_cipher_list(context, tls12.c_str()) != 1) {
        refuse_list(certs::drain_errors());
    }
    check_names(tls12, refuse_list);
    // OpenSSL's own list goes without the suites that need them.
    if (!tls12.empty()) check(SSL_CTX_set_dh_auto(context, 1) == 1, "choose DH parameters");
    for (const std::string_view suite : suites) {
        if (!has_suite(context, suite)) refuse_list(fmt::format("OpenSSL has no {}", suite));
    }
}

}  // namespace sni::backend
