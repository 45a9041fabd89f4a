#include "cli/get.h"

#include <algorithm>
#include <array>
#include <ostream>
#include <utility>

#include <CLI/App.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "certs/clock.h"
#include "certs/inspect.h"
#include "cli/curl_line.h"
#include "cli/flags.h"
#include "cli/lab_record.h"
#include "cli/lab_text.h"
#include "cli/terminal.h"
#include "lab/client/tls_client.h"
#include "lab/core/codes.h"
#include "lab/core/dns_name.h"
#include "lab/core/encoding.h"
#include "lab/http/message.h"
#include "lab/http/url.h"
#include "lab/proof/judge/judge.h"
#include "lab/report/json.h"
#include "lab/report/text.h"

namespace sni::cli {

namespace {

constexpr std::size_t kBodyLimit = 64u << 20;

http::Url parse_url(const std::string& text) {
    auto url = http::parse_https_url(text);
    if (!url)
        throw Failure(Exit::usage, code::kUsage, "the URL cannot be used", url.error(),
                      "write https://httpbin.example.com/status/418");
    return std::move(*url);
}

/// Where to go, and what certificate to expect there.
struct Target {
    Endpoint endpoint;
    std::optional<Digest> leaf_sha256;
    std::string cacert;  ///< for the curl line
};

Target find_target(const GetOptions& options, const http::Url& url,
                   const std::optional<std::string>& sni) {
    Target target{.cacert = options.cacert.string()};
    // With --connect the lab is asked for no more than what to expect, should it be the one.
    const bool elsewhere = !options.connect.empty();
    const auto record = elsewhere ? lab_beside(options.state) : read_record(options.state);
    const bool alive = record && (elsewhere || lab_is_alive(options.state));
    if (alive) {
        target.leaf_sha256 = record->leaf_for(sni);
        if (target.cacert.empty()) target.cacert = cert_file_for(*record, sni);
    }
    if (elsewhere) {
        const auto endpoint = parse_endpoint(options.connect);
        if (!endpoint)
            throw Failure(Exit::usage, code::kUsage, "--connect cannot be used", endpoint.error(),
                          "write --connect HOST:PORT");
        target.endpoint = *endpoint;
        return target;
    }
    if (!alive) {
        throw Failure(Exit::not_routed, record ? code::kLabGone : code::kNoLab,
                      record ? "the lab on record is gone"
                             : fmt::format("no lab is on record in {}", options.state.string()),
                      {},
                      fmt::format("sni-lab up --detach{} starts one; --connect HOST:PORT goes "
                                  "elsewhere",
                                  state_flag(options.state)));
    }
    // By Gateway port as the tutorial does, or by the local port of the curl line that `up` prints.
    auto gate = std::ranges::find_if(record->gates, [&](const GateRecord& g) {
        return g.port == url.port || g.endpoint.port == url.port;
    });
    const bool port_left_out = url.port == 443;
    if (gate == record->gates.end() && port_left_out && record->gates.size() == 1)
        gate = record->gates.begin();
    if (gate == record->gates.end()) {
        throw Failure(
            Exit::not_routed, code::kConnectRefused,
            fmt::format("the lab has no port {}", url.port),
            fmt::format("its Gateway listens for port {}", record->gates.front().port),
            fmt::format("write https://{}:{}{}", url.host, record->gates.front().port, url.target));
    }
    target.endpoint = gate->endpoint;
    return target;
}

struct Got {
    proof::Evidence evidence;
    std::optional<http::ParsedResponse> response;  ///< as far as it came
    bool whole = false;
};

/// As the flags have it. Without --alpn no h2 is offered, which nobody here speaks.
client::Offer offer_of(const HelloFlags& flags) {
    client::Offer offer = read_hello(flags);
    if (flags.alpn.empty()) std::erase(offer.alpn, "h2");
    return offer;
}

/// A name is a token and a value has no control bytes (RFC 9110 §5), so that no flag smuggles a
/// second request in.
std::pair<std::string, std::string> parse_header(const std::string& line) {
    const std::size_t colon = line.find(':');
    const std::string name = line.substr(0, colon);
    if (colon == std::string::npos || !http::is_token(name) || !http::is_header_value(line)) {
        throw Failure(Exit::usage, code::kUsage,
                      fmt::format("-H \"{}\" is no header", printable(line)), {},
                      "write -H 'Name: value'");
    }
    const std::size_t start = std::min(line.find_first_not_of(" \t", colon + 1), line.size());
    return {name, line.substr(start)};
}

/// As curl has it: one takes the place of a header that is sent anyway, and without a value it is
/// left out. There is one Host, the first.
client::Headers headers_of(const std::vector<std::string>& lines, const http::Url& url) {
    client::Headers headers = client::usual_headers(url.authority());
    std::vector<std::string> given;
    for (const std::string& line : lines) {
        auto header = parse_header(line);
        const std::string name = to_lower_ascii(header.first);
        const bool first = std::ranges::find(given, name) == given.end();
        given.push_back(name);
        const auto sent = std::ranges::find_if(
            headers, [&](const auto& other) { return to_lower_ascii(other.first) == name; });
        if (first && sent != headers.end()) {
            *sent = std::move(header);
        } else if (name != "host") {
            headers.push_back(std::move(header));
        }
    }
    std::erase_if(headers, [](const auto& header) { return header.second.empty(); });
    return headers;
}

Got fetch(const GetOptions& options, const http::Url& url, const std::optional<std::string>& sni,
          const Target& target) {
    const client::Headers headers = headers_of(options.headers, url);
    const auto anchors = read_anchors(options.cacert);
    Got got{.evidence = {.gateway = target.endpoint, .sni = sni, .request = url.target}};
    proof::Evidence& e = got.evidence;
    client::Attempt attempt;
    auto connection = client::TlsConnection::open({.to = target.endpoint,
                                                   .sni = sni,
                                                   .timeout = options.timeout,
                                                   .offer = offer_of(options.hello),
                                                   .certificate = read_client_pair(options.client)},
                                                  &attempt);
    e.client_certificate_asked = attempt.asked_for_certificate;
    if (!connection) {
        e.trouble = connection.error();
        return got;
    }
    e.tls = connection->tls();
    e.leaf = connection->leaf();
    if (anchors) e.chain_error = connection->chain_error(*anchors);
    auto response =
        connection->get(url.target, headers, kBodyLimit, proof::Stage::request, &got.response);
    if (!response) {
        e.trouble = response.error();
        return got;
    }
    e.status = response->status;
    e.reason = response->reason;
    got.response = std::move(*response);
    got.whole = true;
    return got;
}

/// The lines of a verdict that a single request can give; whose session it is takes verify.
std::vector<proof::Line> lines_of(const proof::Evidence& evidence, const Target& target,
                                  const http::Url& url) {
    const proof::Expectation expectation{.leaf_sha256 = target.leaf_sha256,
                                         .now = wall_clock(),
                                         .host = certs::canonical_name(url.host)};
    std::vector<proof::Line> lines = proof::judge(evidence, expectation, "get").lines;
    constexpr std::array kWanted = {"routed", "tls", "name", "dates", "chain", "own"};
    std::erase_if(lines, [&](const proof::Line& line) {
        return std::ranges::find(kWanted, line.name) == kWanted.end();
    });
    return lines;
}

/// The words of an equal line for curl, which speaks HTTP/1.1 as well.
std::string same_with_curl(const GetOptions& options, const http::Url& url,
                           const std::optional<std::string>& sni, const Target& target) {
    HelloFlags hello = options.hello;
    if (hello.alpn.empty()) hello.alpn = "http/1.1";
    return curl_words({.url = url,
                       .sni = sni,
                       .to = to_string(target.endpoint),
                       .trust = curl_trust(target.cacert),
                       .hello = hello,
                       .headers = options.headers,
                       .client = options.client});
}

void print_text(const Got& got, const std::vector<proof::Line>& lines, const std::string& curl,
                bool is_same, Streams io) {
    const report::Style style = style_of(io.err);
    for (const proof::Line& line : lines) {
        io.err << fmt::format("* {:<8} {}{}\n", line.name, report::shown(line.text, style),
                              line.code.empty() ? "" : " [" + line.code + "]");
        if (line.mark != proof::Mark::pass && !line.hint.empty())
            io.err << fmt::format("*          try: {}\n", report::shown(line.hint, style));
    }
    if (got.evidence.leaf) {
        io.err << fmt::format("* subject  {}\n* issuer   {}\n",
                              printable(got.evidence.leaf->subject),
                              printable(got.evidence.leaf->issuer));
    }
    if (got.response) {
        io.err << fmt::format("< HTTP/1.{} {} {}\n", got.response->minor, got.response->status,
                              printable(got.response->reason));
        for (const auto& [name, value] : got.response->headers) {
            io.err << fmt::format("< {}: {}\n", printable(name), printable(value));
        }
        io.err << "<\n";
        io.err.flush();
        io.out << got.response->body;
        // Whatever else reads it gets what came.
        const bool open_line = !got.response->body.empty() && !got.response->body.ends_with('\n');
        if (open_line && is_terminal(io.out)) io.out << "\n";
    }
    io.err << fmt::format("* {}: curl {}\n",
                          is_same ? "the same" : "the same with curl's own hello", curl);
}

nlohmann::json to_json(const Got& got, const std::vector<proof::Line>& lines,
                       const std::string& curl, Exit exit) {
    nlohmann::json document = {
        {"schema", "sni-lab/get/1"},
        {"connect", to_string(got.evidence.gateway)},
        {"sni", got.evidence.sni ? nlohmann::json(*got.evidence.sni) : nlohmann::json(nullptr)},
        {"exit", static_cast<int>(exit)},
        {"same", "curl " + curl},
        {"lines", nlohmann::json::array()},
        {"certificate",
         got.evidence.leaf ? report::to_json(*got.evidence.leaf) : nlohmann::json(nullptr)},
        {"answer", nullptr}};
    for (const proof::Line& line : lines) {
        document["lines"].push_back({{"name", line.name},
                                     {"mark", to_string(line.mark)},
                                     {"text", line.text},
                                     {"code", line.code}});
    }
    if (got.response) {
        nlohmann::json headers = nlohmann::json::array();
        for (const auto& [name, value] : got.response->headers) {
            headers.push_back({name, value});
        }
        const std::string& body = got.response->body;
        document["answer"] = {{"version", fmt::format("HTTP/1.{}", got.response->minor)},
                              {"status", got.response->status},
                              {"reason", got.response->reason},
                              {"headers", std::move(headers)},
                              {"whole", got.whole},
                              {"body", body}};
        // In JSON's own text, bytes that are no UTF-8 are lost.
        if (!is_utf8(body)) document["answer"]["body_base64"] = to_base64(as_bytes(body));
    }
    return document;
}

/// An IP literal is never sent as SNI (RFC 6066 §3).
std::optional<std::string> sni_of(const GetOptions& options, const http::Url& url) {
    if (options.no_sni) return std::nullopt;
    if (options.sni.empty()) return url.is_ip() ? std::nullopt : std::optional(url.host);
    return name_to_send(options.sni);
}

/// The answer when there is nobody to ask.
nlohmann::json no_target_json(const Failure& failure, const std::optional<std::string>& sni) {
    const Diagnostic& why = failure.diagnostics().front();
    return {{"schema", "sni-lab/get/1"},
            {"connect", nullptr},
            {"sni", sni ? nlohmann::json(*sni) : nlohmann::json(nullptr)},
            {"exit", static_cast<int>(failure.exit())},
            {"same", nullptr},
            {"lines",
             {{{"name", "routed"}, {"mark", "fail"}, {"text", why.message}, {"code", why.code}}}},
            {"certificate", nullptr},
            {"answer", nullptr}};
}

}  // namespace

Exit run_get(const GetOptions& options, Streams io) {
    const http::Url url = parse_url(options.url);
    const std::optional<std::string> sni = sni_of(options, url);
    Target target;
    try {
        target = find_target(options, url, sni);
    } catch (const Failure& failure) {
        if (options.json && failure.exit() == Exit::not_routed)
            io.out << report::print(no_target_json(failure, sni));
        throw;
    }
    const Got got = fetch(options, url, sni, target);
    const std::vector<proof::Line> lines = lines_of(got.evidence, target, url);
    const Exit exit = proof::exit_of(proof::worst_of(lines));
    const std::string curl = same_with_curl(options, url, sni, target);
    if (options.json) {
        io.out << report::print(to_json(got, lines, curl, exit));
    } else {
        print_text(got, lines, curl, is_curls_own(options.hello), io);
    }
    return exit;
}

void add_get(CLI::App& app, Action& chosen) {
    auto options = std::make_shared<GetOptions>();
    CLI::App* cmd = add_command(
        app, "get",
        "One request, as the tutorial's curl makes it, and everything that was seen on the way");
    cmd->add_option("url", options->url, "https://NAME[:PORT][/PATH]")->required();
    cmd->add_option("--sni", options->sni, "Name to send as SNI instead of the URL's")
        ->type_name("NAME");
    cmd->add_flag("--no-sni", options->no_sni, "Send no SNI")->excludes("--sni");
    cmd->add_option("--connect", options->connect,
                    "HOST:PORT to connect to instead of the running lab")
        ->type_name("HOST:PORT");
    cmd->add_option("--cacert", options->cacert,
                    "The certificate's chain must lead to one in this PEM file")
        ->type_name("FILE");
    add_client_pair(*cmd, options->client, "");
    add_hello(*cmd, options->hello, "the client's without h2, since get speaks HTTP/1.1");
    cmd->add_option("-H,--header", options->headers,
                    "Header to send, as 'Name: value', instead of one that is sent anyway (Host, "
                    "User-Agent, Accept); without a value that is left out; may be repeated")
        ->type_name("LINE")
        ->allow_extra_args(false);
    add_state(*cmd, options->state);
    add_duration(*cmd, "--timeout", options->timeout, "Give up after so long");
    cmd->add_flag("--json", options->json, "One JSON document, schema sni-lab/get/1");
    cmd->footer("Example: sni-lab get https://httpbin.example.com/status/418");
    cmd->callback(
        [options, &chosen] { chosen = [options](Streams io) { return run_get(*options, io); }; });
}

}  // namespace sni::cli
