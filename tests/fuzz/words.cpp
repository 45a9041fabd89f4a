// What people write beside manifests: each word of a command line, and a file of routes. What is
// read says the same when it is written and read again; what is refused comes with a sentence that
// a terminal may be shown.
#include <algorithm>
#include <string>

#include <fmt/format.h>

#include "lab/bench/mode.h"
#include "lab/core/cidr.h"
#include "lab/core/dns_name.h"
#include "lab/core/duration.h"
#include "lab/core/encoding.h"
#include "lab/core/endpoint.h"
#include "lab/core/host_help.h"
#include "lab/http/number.h"
#include "lab/http/url.h"
#include "lab/manifest/versions.h"
#include "lab/peers/product.h"
#include "lab/route/host_match.h"
#include "lab/route/route_table.h"
#include "lab/route/routes_file.h"
#include "lab/torture/arrival.h"
#include "tests/fuzz/require.h"

namespace {

using namespace sni;
using test::require;

template <class Value>
void refused(const Result<Value, std::string>& read) {
    require(!read.error().empty(), "refused, and nobody knows why");
    require(printable(read.error()) == read.error(), "a sentence that no terminal should get");
}

/// `write` makes of what `read` makes of the word the text that `read` makes the same of.
template <class Read, class Write>
void read_twice(std::string_view word, Read&& read, Write&& write) {
    const auto value = read(word);
    if (!value) return refused(value);
    const std::string text = write(*value);
    const auto again = read(std::string_view(text));
    require(again && *again == *value, "it is another one when written and read again");
}

void read_addresses(std::string_view word) {
    read_twice(word, parse_endpoint, [](const Endpoint& read) { return to_string(read); });
    read_twice(word, Cidr::parse, [](const Cidr& read) { return read.text(); });
    if (const auto endpoint = parse_endpoint(word)) {
        const bool address =
            endpoint->kind == Endpoint::Kind::ipv4 || endpoint->kind == Endpoint::Kind::ipv6;
        const auto alone = Cidr::parse(endpoint->host);
        const bool zoned = endpoint->host.contains('%');
        require(!address || zoned || (alone && alone->contains(*endpoint)),
                "an address that is not in itself");
        require(!address || zoned || is_ip_literal(endpoint->host), "an address that is none");
    }
    if (const auto cidr = Cidr::parse(word))
        require(!cidr->contains({Endpoint::Kind::name, "a.example", 1}), "a name is no address");
}

void read_names(std::string_view word) {
    DnsNameBuffer buffer;
    const auto read = read_dns_name(word, buffer);
    const auto name = DnsName::parse(word);
    require(read.has_value() == name.has_value(), "a name, and none");
    if (name) {
        require(name->text() == *read && name->text() == to_lower_ascii(word), "another name");
        require(!is_ip_literal(word), "a name that is an address");
    }
    read_twice(word, route::HostPattern::parse,
               [](const route::HostPattern& pattern) { return pattern.text(); });
    const std::string help = host_help(word);
    require(printable(help) == help, "help that no terminal should get");
    const std::string a_labels = to_a_labels(word);
    require(std::ranges::all_of(a_labels, [](unsigned char c) { return c < 0x80; }),
            "A-labels are ASCII");
}

/// Of two patterns and a name below both, whichever way round.
void match_names(std::string_view one, std::string_view other) {
    const auto first = route::HostPattern::parse(one);
    const auto second = route::HostPattern::parse(other);
    if (!first || !second) return;
    const std::string a = first->text();
    const std::string b = second->text();
    require(route::common(a, b) == route::common(b, a), "it hangs on who is asked first");
    if (const auto both = route::common(a, b)) {
        require(route::takes(a, both) && route::takes(b, both), "common, and not taken by both");
        require(route::narrowness(*both) >= std::max(route::narrowness(a), route::narrowness(b)),
                "common, and wider than one of them");
    }
    const route::RouteTable table({{*first, {{}}}, {*second, {{}}}});
    for (const std::string& name : {a, b}) {
        if (name.contains('*')) continue;
        const route::Route* const found = table.find(name);
        require(found && found->pattern.text() == name, "a name of its own is taken first");
    }
}

void read_routes(std::string_view text) {
    const route::ParsedRoutes parsed = route::parse_routes(text, "routes");
    for (const Diagnostic& each : parsed.diagnostics) {
        require(!each.code.empty() && !each.message.empty(), "a mistake without a word");
        require(each.place.line > 0 && each.place.column > 0, "a mistake without a place");
        (void)render(each);
    }
    if (!parsed.diagnostics.empty()) return;
    const route::RouteTable table(parsed.routes);
    for (const route::Route& route : parsed.routes) {
        std::string name = route.pattern.name();
        if (route.pattern.kind() != route::HostPattern::Kind::exact) name.insert(0, "a.");
        const route::Route* const found = table.find(name);
        require(found != nullptr, "a route that takes nothing");
        require(route::takes(found->pattern.text(), name), "a route that takes another name");
    }
}

void choose_versions(std::string_view word) {
    manifest::Versions read, again;
    if (manifest::choose_istio(word, read))
        require(choose_istio(istio_text(read), again) && again == read, "another Istio");
    if (manifest::choose_gateway_api(word, read)) {
        require(choose_gateway_api(gateway_api_text(read), again) && again == read,
                "another Gateway API");
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = test::text_of(data, size);
    const std::string_view word = text.substr(0, text.find('\n'));
    const std::string_view rest = text.substr(std::min(word.size() + 1, size));

    read_addresses(word);
    read_names(word);
    match_names(word, rest.substr(0, rest.find('\n')));
    read_routes(text);
    choose_versions(word);
    read_twice(word, parse_duration,
               [](std::chrono::milliseconds read) { return sni::to_string(read); });
    read_twice(word, http::parse_https_url,
               [](const http::Url& url) { return "https://" + url.authority() + url.target; });
    read_twice(word, torture::parse_arrival_query, [](const torture::ArrivalQuestion& question) {
        const std::string target = to_target(question);
        return target.substr(target.find('?') + 1);
    });
    if (const auto route = route::parse_route(word); !route) refused(route);
    if (const auto backend = route::parse_backend(word); !backend) refused(backend);
    if (const auto modes = bench::parse_modes(word); !modes) refused(modes);
    read_twice(word, bench::parse_gate, [](const bench::Gate& gate) {
        return fmt::format("{}={}", to_string(gate), gate.limit);
    });
    if (const auto bytes = from_base64(word))
        require(to_base64(*bytes) == word, "base64 in two spellings");
    if (const auto bytes = from_hex(word))
        require(from_hex(to_hex(*bytes)) == bytes, "hex that is another one when written again");
    (void)http::parse_float(word);
    (void)http::parse_clamped(word, 1'000);
    require(peers::version_in(text).size() <= size, "a version out of nothing");
    (void)peers::stream_module(text);
    return 0;
}
