#include "tests/sim/backend/setting.h"

#include <utility>

#include <fmt/format.h>

#include "lab/proxy/header.h"
#include "tests/sim/backend/materials.h"
#include "tests/sim/setting.h"

namespace sni::sim {

namespace {

using std::chrono::milliseconds;

Endpoint client_address(unsigned host, std::uint16_t port) {
    return {.kind = Endpoint::Kind::ipv4, .host = fmt::format("10.0.0.{}", host), .port = port};
}

/// What is neither TLS nor a request.
std::string draw_noise(Tape& tape) {
    const std::size_t size = 1 + tape.choose(600);
    if (tape.one_in(2)) return std::string("GET / HTTP/1.0\r\n\r\n").substr(0, size);
    std::string noise(size, tape.one_in(2) ? '\x16' : '\0');
    for (std::size_t i = 1; i < size && i < 8; ++i)
        noise[i] = static_cast<char>(tape.choose(256));
    return noise;
}

/// What a client says before all else, and whom the backend takes it for.
std::string draw_preface(Tape& tape, const BackendSetting& setting, unsigned id,
                         HttpClient& client) {
    client.known_as = client.conn->peer;
    if (!setting.behind_proxy) return {};
    if (tape.one_in(6)) {
        client.proper = false;  // without a header it is nobody
        return {};
    }
    const proxy::Header header{
        .version = tape.one_in(2) ? proxy::Version::v1 : proxy::Version::v2,
        .addresses = proxy::Addresses{client_address(200 + id, 1'234), client_address(1, 443)}};
    client.known_as = header.addresses->source;
    const std::vector<std::byte> bytes = proxy::write_header(header);
    client.ahead = bytes.size();
    return std::string(as_text(bytes));
}

std::string draw_dialect(Tape& tape, HttpClient& client) {
    const Dialect dialects[] = {Dialect::v1_3,         Dialect::v1_3_resumed,
                                Dialect::v1_3_resumed, Dialect::v1_2_resumed,
                                Dialect::v1_2,         Dialect::v1_3_retried};
    constexpr const char* kNames[] = {"TLS 1.3", "TLS 1.3 again", "TLS 1.3, retried", "TLS 1.2",
                                      "TLS 1.2 again"};
    const Dialect dialect = tape.one_of(dialects);
    client.tls =
        std::make_unique<TlsClient>(materials().context(dialect), materials().session(dialect));
    client.changes_keys = tape.one_in(8);
    client.spoils_at = tape.one_in(16) ? tape.choose(3'000) : HttpClient::kNever;
    client.conn->about = kNames[static_cast<std::size_t>(dialect)];
    return client.tls->take_sent();
}

void draw_asks(Tape& tape, Kernel& kernel, const BackendSetting& setting, HttpClient& client) {
    httpbin::Connection connection{.peer = client.known_as, .local = here()};
    if (client.tls) connection.tls.emplace();
    const Asking asking{.connection = connection,
                        .site = materials().serving[0]->site,
                        .most_body = setting.weather.limits.body_bytes,
                        .json = !setting.weather.short_of_memory,
                        .slow = setting.weather.slow};
    for (std::uint32_t count = 1 + tape.choose(5); count > 0; --count) {
        client.asks.push_back(draw_ask(tape, kernel, asking));
        client.conn->about += ", " + client.asks.back().about;
        if (client.asks.back().talks) break;
    }
    client.depth = tape.one_in(2) ? client.asks.size() : 1;
    client.patient = !tape.one_in(4);
    client.says_goodbye = !tape.one_in(4);
    client.ends_early = tape.one_in(4);
}

void draw_manners(Tape& tape, const BackendSetting& setting, Conn& conn) {
    conn.one_end = false;
    conn.window = setting.window;
    conn.room = setting.room;
    conn.finishes = !tape.one_in(6);
    conn.may_reset = setting.resets && tape.one_in(3);
    conn.may_stall = setting.stalls && tape.one_in(2);
    if (!setting.weather.short_of_memory && tape.one_in(8)) {
        const std::uint32_t ends[] = {700, 2'000, 30'000};
        conn.stops_at = tape.choose(tape.one_of(ends));
    }
}

}  // namespace

BackendSetting::BackendSetting(Tape& tape) {
    weather.calm = !tape.one_in(2);
    weather.plain = tape.one_in(4);
    behind_proxy = tape.one_in(8);
    resets = tape.one_in(3);
    stalls = tape.one_in(3);
    const std::uint32_t disorders[] = {0, 40, 10};
    disorder = tape.one_of(disorders);
    const std::uint64_t windows[] = {65'536, 1'000, 300'000};
    window = tape.one_of(windows);
    const std::uint64_t rooms[] = {100'000, 20'000, 3'000, 300};
    room = tape.one_of(rooms);
    backend::Limits& limits = weather.limits;
    if (tape.one_in(2)) {
        limits.handshake = milliseconds(3'000);
        limits.head = milliseconds(2'000);
        limits.body = limits.idle = milliseconds(5'000);
        limits.write_stall = milliseconds(4'000);
    }
    if (tape.one_in(6)) limits.body_bytes = 5'000;
    if (tape.one_in(8)) weather.slow = milliseconds(50);
    if (weather.calm) return;
    const std::uint32_t refusals[] = {0, 0, 3'000, 400};
    driver.memory = tape.one_of(refusals);
    weather.short_of_memory = driver.memory > 0;
    const std::size_t helds[] = {256u << 20, 60'000, 20'000};
    if (!weather.short_of_memory) limits.held_bytes = tape.one_of(helds);
    weather.tight = limits.held_bytes < 1u << 20;
    const std::size_t hellos[] = {16u << 20, 12'000, 1'000};
    limits.hello_bytes = tape.one_of(hellos);
    weather.tight_hellos = limits.hello_bytes < 1u << 20;
    if (tape.one_in(4)) limits.connections = 1 + tape.choose(2);
    weather.crowded = limits.connections < 10;
    const std::uint32_t shortages[] = {0, 0, 100, 20};
    shortage = tape.one_of(shortages);
    weather.short_of_descriptors = shortage > 0;
    const milliseconds graces[] = {milliseconds(1'000), milliseconds(0), milliseconds(20'000)};
    driver.grace = weather.grace = tape.one_of(graces);
    const std::optional<http::Fault> faults[] = {http::Fault::hang, http::Fault::close,
                                                 http::Fault::reset};
    if (tape.one_in(16)) weather.fault = tape.one_of(faults);
}

void draw_http_clients(Tape& tape, Kernel& kernel, const BackendSetting& setting,
                       HttpClients& clients) {
    constexpr unsigned kMostClients = 5;
    const unsigned count = 1 + tape.choose(kMostClients);
    for (unsigned i = 0; i < count; ++i) {
        auto client = std::make_unique<HttpClient>(clients.rules_for(i));
        client->conn = std::make_unique<Conn>();
        Conn& conn = *client->conn;
        conn.id = i;
        conn.client = true;
        conn.peer = client_address(100 + i, static_cast<std::uint16_t>(40'000 + i));
        conn.says.append(as_bytes(draw_preface(tape, setting, i, *client)));
        if (!setting.weather.short_of_memory && tape.one_in(12)) {
            client->proper = false;
            conn.about = "noise";
            conn.says.append(as_bytes(draw_noise(tape)));
        } else {
            if (!setting.weather.plain) conn.says.append(as_bytes(draw_dialect(tape, *client)));
            client->hello = conn.says.size();
            draw_asks(tape, kernel, setting, *client);
        }
        draw_manners(tape, setting, conn);
        clients.add(std::move(client));
    }
}

}  // namespace sni::sim
