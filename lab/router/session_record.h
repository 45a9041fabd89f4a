// What was seen of one client connection. Every connection leaves exactly one.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lab/core/boxed.h"
#include "lab/core/endpoint.h"
#include "lab/net/loop/relay.h"
#include "lab/tls/client_hello.h"

namespace sni::router {

/// What became of it; the enumerator is the word in the log.
enum class Outcome {
    routed,
    no_sni,    ///< and there is no default route
    no_route,  ///< nobody takes the name
    not_tls,   ///< from here to unroutable_name: tls::Verdict says what they mean
    ssl_v2,
    bad_version,
    record_overflow,
    unexpected_message,
    hello_too_large,
    malformed,
    duplicate,
    bad_name,
    unroutable_name,
    no_proxy_header,   ///< a peer that must begin with one did not
    bad_proxy_header,  ///< it began with what only looks like one
    hello_timeout,     ///< the hello was not whole in time
    crowded_out,       ///< it waited when hellos that wait held all the memory they may
    client_left,       ///< it finished or reset before there was anything to route
    client_reset,      ///< it reset while its backend was being dialled
    backend_down,      ///< every backend refused or could not be reached
    backend_timeout,   ///< the last backend did not answer in time
    no_descriptors,    ///< this process may open no more
    failed,            ///< another error of this machine
    cut,               ///< the router stopped first
};
inline constexpr std::size_t kOutcomes = static_cast<std::size_t>(Outcome::cut) + 1;
std::string_view to_string(Outcome outcome);

/// Times are since accept; those that did not happen are nothing.
struct SessionRecord {
    std::uint64_t id = 0;          ///< of this router alone, and never the same twice
    Endpoint client;               ///< the TCP peer
    Boxed<Endpoint> proxy_source;  ///< whom a peer that is believed connects for
    Outcome outcome = Outcome::cut;
    bool ech_offered = false;
    // Both as the client sent them, any bytes: escape them where they are shown. Of a hello that
    // was refused, too, as far as it could be read. Only so much of them as keep_hello() keeps.
    std::optional<std::string> sni;
    std::vector<std::string> alpn;
    std::uint32_t sni_more = 0;   ///< bytes of the name that are not kept
    std::uint32_t alpn_more = 0;  ///< names that are not
    std::string ja4;  ///< only when Options::fingerprint asks for it, and the hello's lists are not
                      ///< absurdly long
    std::string route;  ///< the pattern that took the name, or "--non-tls" or "--to"; empty: none
    std::optional<Endpoint> backend;  ///< the last one tried, as the route names it
    /// Where a name was dialled last; nothing: it has no address, or the backend is one.
    Boxed<Endpoint> address;
    int error = 0;             ///< an errno: why that, or this machine, failed; 0: it did not
    std::uint16_t tries = 0;   ///< addresses that were dialled, of all backends
    Boxed<Endpoint> listener;  ///< our end of the client's connection, where anybody records it
    /// What the client spoke that did not speak TLS (tls::spoken_in()), "nothing" when it said
    /// nothing at all; empty when it spoke TLS.
    std::string_view saw;
    std::uint64_t bytes_up = 0;  ///< that the backend took, the hello included, a PROXY header not
    std::uint64_t bytes_down = 0;  ///< that the client took
    std::chrono::system_clock::time_point accepted;
    std::optional<std::chrono::nanoseconds> hello;
    std::optional<std::chrono::nanoseconds> connected;
    std::chrono::nanoseconds ended{};
    net::Ending client_end = net::Ending::open;
    net::Ending backend_end = net::Ending::open;
    bool operator==(const SessionRecord&) const = default;
};

/// What a record keeps of what a client chose.
inline constexpr std::size_t kKeptBytes = tls::ClientHello::kKeptBytes;  ///< of ALPN names, too
inline constexpr std::size_t kKeptNames = 16;
void keep_hello(const tls::ClientHello& hello, SessionRecord& record);

}  // namespace sni::router
