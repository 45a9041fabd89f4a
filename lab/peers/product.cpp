#include "lab/peers/product.h"

#include <algorithm>
#include <cctype>

namespace sni::peers {

namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

}  // namespace

std::string_view to_string(Product product) {
    switch (product) {
        case Product::sni_lab:
            return "sni-lab";
        case Product::haproxy:
            return "haproxy";
        case Product::nginx:
            return "nginx";
        case Product::envoy:
            return "envoy";
        case Product::sniproxy:
            return "sniproxy";
        case Product::sslh:
            return "sslh";
        case Product::caddy:
            return "caddy";
        case Product::traefik_router:
            return "traefik-router";
        case Product::tcpproxy:
            break;
    }
    return "tcpproxy";
}

std::optional<Product> product_named(std::string_view name) {
    for (const Product product : kProducts) {
        if (to_string(product) == name) return product;
    }
    return std::nullopt;
}

std::string product_names() {
    std::string names;
    for (const Product product : kProducts) {
        names += (names.empty() ? "" : ", ") + std::string(to_string(product));
    }
    return names;
}

std::vector<std::string> programs_of(Product product) {
    if (product == Product::sslh) return {"sslh-ev", "sslh-select", "sslh"};
    return {std::string(to_string(product))};
}

std::vector<std::string> version_flags(Product product) {
    switch (product) {
        case Product::haproxy:
            return {"-v"};
        case Product::nginx:
        case Product::sniproxy:
        case Product::sslh:
            return {"-V"};
        case Product::caddy:
            return {"version"};
        case Product::sni_lab:
        case Product::envoy:
            return {"--version"};
        case Product::traefik_router:
        case Product::tcpproxy:
            break;
    }
    return {};
}

std::string version_in(std::string_view said) {
    for (std::size_t at = 0; at + 2 < said.size(); ++at) {
        if (!is_digit(said[at]) ||
            (at > 0 && std::isalnum(static_cast<unsigned char>(said[at - 1])) &&
             said[at - 1] != 'v')) {
            continue;
        }
        std::size_t dot = at;
        while (dot < said.size() && is_digit(said[dot])) {
            ++dot;
        }
        if (dot + 1 >= said.size() || said[dot] != '.' || !is_digit(said[dot + 1])) continue;
        const std::size_t end = std::min(said.find_first_of(" /,;()\r\n\t", at), said.size());
        return std::string(said.substr(at, end - at));
    }
    return {};
}

std::optional<StreamModule> stream_module(std::string_view built) {
    if (built.find("--with-stream=dynamic") != std::string_view::npos) {
        constexpr std::string_view kFolder = "--modules-path=";
        const std::size_t at = built.find(kFolder);
        const std::size_t begin = at == std::string_view::npos ? 0 : at + kFolder.size();
        const std::string_view folder =
            built.substr(begin, built.find_first_of(" \n", begin) - begin);
        return StreamModule{.path = std::string(folder) + "/ngx_stream_module.so"};
    }
    if (built.find("--with-stream") == std::string_view::npos) return std::nullopt;
    return StreamModule{.built_in = true, .path = {}};
}

}  // namespace sni::peers
