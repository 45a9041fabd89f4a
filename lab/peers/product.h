// The routers of other people that this program knows how to start, and how to read their versions.
// Pure; live/program.h looks for them.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sni::peers {

/// The last two are the smallest programs around a library's own router (lab/torture/LEAGUE.md says
/// how they are called): Traefik as a whole and tcpproxy's tlsrouter take other command lines.
enum class Product {
    sni_lab,
    haproxy,
    nginx,
    envoy,
    sniproxy,
    sslh,
    caddy,
    traefik_router,
    tcpproxy,
};
inline constexpr Product kProducts[] = {
    Product::sni_lab, Product::haproxy,        Product::nginx,
    Product::envoy,   Product::sniproxy,       Product::sslh,
    Product::caddy,   Product::traefik_router, Product::tcpproxy};

/// "sni-lab", "haproxy", "traefik-router".
std::string_view to_string(Product product);
std::optional<Product> product_named(std::string_view name);
/// All names, with commas between.
std::string product_names();

/// The programs that it is installed as, the best first.
std::vector<std::string> programs_of(Product product);
/// What makes it say its version; empty: nothing does.
std::vector<std::string> version_flags(Product product);

/// The first number with a dot in what a program says of itself, and what belongs to it:
/// "2.6.12-1+deb12u4" of "HAProxy version 2.6.12-1+deb12u4 2026/…". Empty when there is none.
std::string version_in(std::string_view said);

/// Where nginx looks for its stream module.
struct StreamModule {
    bool built_in = false;
    std::string path;
};
/// By what it says of its build (-V); nothing when it was built without one.
std::optional<StreamModule> stream_module(std::string_view built);

}  // namespace sni::peers
