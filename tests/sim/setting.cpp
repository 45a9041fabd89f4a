#include "tests/sim/setting.h"

#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "lab/proxy/header.h"
#include "lab/torture/generator.h"
#include "lab/torture/hello_builder.h"

namespace sni::sim {

namespace {

using torture::Buffer;

Endpoint address(unsigned host, std::uint16_t port) {
    return {.kind = Endpoint::Kind::ipv4, .host = fmt::format("10.0.0.{}", host), .port = port};
}

const Endpoint kHere = address(1, 443);
const Endpoint kName{.kind = Endpoint::Kind::name, .host = "svc.test", .port = 8443};

/// Of a.test, of b.test that has two, of c.test that is a name with three, of what speaks no TLS;
/// and of a.test after a reload.
const std::vector<Endpoint> kA{address(10, 1)};
const std::vector<Endpoint> kB{address(11, 1), address(12, 1)};
const std::vector<Endpoint> kC{address(13, 8443), address(14, 8443), address(15, 8443)};
const std::vector<Endpoint> kNotTls{address(16, 80)};
const std::vector<Endpoint> kNewA{address(17, 1)};

route::Route route(std::string_view host, const std::vector<Endpoint>& to) {
    route::Route made{route::HostPattern::parse(host).value(), {}};
    for (const Endpoint& each : to)
        made.backends.push_back({each, 1});
    return made;
}

std::shared_ptr<const router::Table> table(const std::vector<Endpoint>& a, bool non_tls) {
    router::NameMap names;
    const auto name = std::make_shared<router::Name>();
    name->found(kC, false);
    names.emplace(kName, name);
    return std::make_shared<const router::Table>(
        route::RouteTable({route("a.test", a), route("b.test", kB), route("c.test", {kName})}),
        non_tls ? std::optional(kNotTls.front()) : std::nullopt, std::move(names));
}

constexpr unsigned kMostClients = 5;

/// What one client says, and what is right for it.
struct Part {
    Buffer hello;
    std::vector<Endpoint> to;
    std::optional<tls::Alert> refusal;
    bool may_refuse = false;
    bool any_alert = false;
    std::string about = {};
};

Buffer hello(std::string_view name, unsigned id, std::size_t record_size) {
    torture::Hello made = torture::hello_with(name);
    made.random = Buffer(32, static_cast<std::byte>(id + 1));
    return torture::records(made.message(), record_size);
}

/// What is no TLS; its first byte tells whose it is.
Part plain_part(unsigned id, bool passes) {
    const std::string text = fmt::format("{} says hello\r\n\r\n", static_cast<char>(0x61 + id));
    return {.hello = torture::bytes_of(text),
            .to = passes ? kNotTls : std::vector<Endpoint>{},
            .refusal = {}};
}

/// One of all shapes that a gateway may be asked with; another client's has other random bytes.
Part draw_shape(Tape& tape, unsigned id) {
    static const std::vector<std::vector<torture::Shape>> all = [] {
        std::vector<std::vector<torture::Shape>> made;
        for (unsigned seed = 0; seed < kMostClients; ++seed) {
            made.push_back(torture::all_shapes("a.test", seed));
            std::erase_if(made.back(), [](const torture::Shape& shape) {
                return shape.names == torture::Names::anybody || shape.meanwhile.is_alone();
            });
        }
        return made;
    }();
    const auto& shapes = all[id];
    const torture::Shape& shape = shapes[tape.choose(static_cast<std::uint32_t>(shapes.size()))];
    const bool passes =
        shape.rule != torture::Rule::must_refuse && shape.names == torture::Names::target;
    return {.hello = shape.wire(),
            .to = passes ? kA : std::vector<Endpoint>{},
            .refusal = {},
            .may_refuse = shape.rule == torture::Rule::either,
            .any_alert = true,
            .about = shape.name};
}

Part draw_part(Tape& tape, unsigned id, const Setting& setting) {
    if (setting.options.blind) return plain_part(id, true);
    // Some shapes are a PROXY header, which is right where one is wanted.
    if (!setting.non_tls && !setting.behind_proxy && tape.one_in(3)) return draw_shape(tape, id);
    const std::size_t sizes[] = {16'384, 40, 5, 1};
    const std::size_t in_records = tape.one_of(sizes);
    switch (tape.choose(10)) {
        case 0:
        case 1:
            return {.hello = hello("a.test", id, in_records), .to = kA, .refusal = {}};
        case 2:
        case 3:
            return {.hello = hello("b.test", id, in_records), .to = kB, .refusal = {}};
        case 4:
        case 5:
            return {.hello = hello("c.test", id, in_records), .to = kC, .refusal = {}};
        case 6:
            return {.hello = hello("d.test", id, in_records),
                    .to = {},
                    .refusal = tls::Alert::unrecognized_name};
        case 7: {
            torture::Hello wrong = torture::hello_with("a.test");
            wrong.extensions_lie = 1;
            return {.hello = torture::records(wrong.message(), in_records),
                    .to = {},
                    .refusal = tls::Alert::decode_error};
        }
        case 8: {
            torture::Hello nameless;
            return {.hello = torture::records(nameless.message(), in_records),
                    .to = {},
                    .refusal = tls::Alert::missing_extension};
        }
        default:
            return plain_part(id, setting.non_tls);
    }
}

}  // namespace

Endpoint here() {
    return kHere;
}

std::shared_ptr<const router::Table> first_routes(const Setting& setting) {
    return table(kA, setting.non_tls);
}

std::shared_ptr<const router::Table> new_routes(const Setting& setting) {
    return table(kNewA, setting.non_tls);
}

Setting::Setting(Tape& tape) {
    calm = !tape.one_in(2);
    non_tls = tape.one_in(2);
    using std::chrono::milliseconds;
    options.limits.hello = milliseconds(2'000);
    options.limits.connect = milliseconds(1'000);
    const milliseconds idles[] = {milliseconds(20'000), milliseconds(5'000)};
    options.limits.idle = tape.one_of(idles);
    const milliseconds halves[] = {milliseconds(5'000), milliseconds(0), milliseconds(60'000)};
    options.limits.half_closed = tape.one_of(halves);
    const milliseconds keepalives[] = {milliseconds(120'000), milliseconds(1'000), milliseconds(0)};
    options.liveness.keepalive = tape.one_of(keepalives);
    if (non_tls) options.non_tls = kNotTls.front();
    const router::Refuse refuses[] = {router::Refuse::alert, router::Refuse::close,
                                      router::Refuse::reset};
    options.refuse = tape.one_of(refuses);
    const std::optional<proxy::Version> versions[] = {std::nullopt, proxy::Version::v1,
                                                      proxy::Version::v2};
    options.proxy_protocol = tape.one_of(versions);
    watched = tape.one_in(4);
    witnessed = tape.one_in(6);
    behind_proxy = tape.one_in(6);
    if (behind_proxy) options.accept_proxy.push_back(Cidr::parse("10.0.0.0/8").value());
    options.blind = non_tls && tape.one_in(4);
    const std::size_t pipe_counts[] = {32, 0, 1};
    pipes = tape.one_of(pipe_counts);
    const std::size_t slots[] = {1'000, 1, 3};
    quota = tape.one_of(slots);
    if (!calm) {
        const std::size_t helds[] = {64u << 20, 20'000, 1, 40'000};
        options.max_held = tape.one_of(helds);
        const std::size_t stalled[] = {64u << 20, 300, 1};
        options.max_stalled = tape.one_of(stalled);
        const std::uint32_t shortages[] = {0, 100, 20};
        shortage = tape.one_of(shortages);
        const std::uint32_t refusals[] = {0, 400, 100};
        memory = tape.one_of(refusals);
    }
    const std::uint32_t disorders[] = {0, 40, 10};
    disorder = tape.one_of(disorders);
    manners.refuses = tape.one_in(3);
    manners.hangs = tape.one_in(4);
    manners.resets = tape.one_in(3);
    manners.stalls = tape.one_in(3);
    const std::uint64_t windows[] = {65'536, 1'000, 300'000};
    manners.window = tape.one_of(windows);
    const std::uint64_t rooms[] = {100'000, 3'000, 20'000, 500'000};
    manners.room = tape.one_of(rooms);
    const std::uint64_t most[] = {8'000, 0, 60'000, 800'000};
    manners.most_said = tape.one_of(most);
}

Deadlines Setting::deadlines() const {
    const auto& limits = options.limits;
    const auto half = limits.half_closed.count() == 0 ? limits.idle : limits.half_closed;
    // Two backends, or one name; half a second more for a refusal to be heard.
    // Where nobody waits for a hello, a silent client is idle.
    return {.hello = options.blind ? limits.idle + limits.hello : limits.hello,
            .dial = 2 * limits.connect + std::chrono::milliseconds(500),
            .idle = limits.idle,
            .half_closed = half};
}

void draw_clients(Tape& tape, const Setting& setting, Peers& peers) {
    const unsigned count = 1 + tape.choose(kMostClients);
    for (unsigned i = 0; i < count; ++i) {
        Part part = draw_part(tape, i, setting);
        auto conn = std::make_unique<Conn>();
        conn->client = true;
        conn->peer = address(100 + i, static_cast<std::uint16_t>(40'000 + i));
        Client client{.refusal = part.refusal};
        client.hears_why = setting.options.refuse == router::Refuse::alert && part.refusal;
        std::optional<proxy::Addresses> claimed;
        if (setting.behind_proxy) {
            if (tape.one_in(4)) {
                part.to.clear();  // without a header it is nobody
                client.hears_why = false;
            } else {
                claimed = proxy::Addresses{address(200 + i, 1'234), address(1, 443)};
                const Buffer header = proxy::write_header(
                    {.version = tape.one_in(2) ? proxy::Version::v1 : proxy::Version::v2,
                     .addresses = claimed});
                client.own = header.size();
                part.hello.insert(part.hello.begin(), header.begin(), header.end());
            }
        }
        client.to = part.to;
        client.hello = part.hello.size();
        client.to_after_reload = part.to == kA ? kNewA : part.to;
        client.may_refuse = part.may_refuse;
        client.any_alert = part.any_alert;
        // Where the hello of such a one ends, nobody says.
        if (part.any_alert && !part.to.empty())
            client.to = client.to_after_reload = {kA[0], kNewA[0]};
        if (setting.options.proxy_protocol) {
            client.ahead = proxy::write_header(
                {.version = *setting.options.proxy_protocol,
                 .addresses = claimed ? *claimed : proxy::Addresses{conn->peer, kHere}});
        }
        conn->about = part.about.empty() ? "an ordinary one" : std::move(part.about);
        // What stands behind half a hello would be the rest of it.
        const bool says_more = !part.any_alert || !part.to.empty();
        peers.fill(*conn, std::move(part.hello), i, says_more);
        if (tape.one_in(8)) {
            client.whole = false;
            conn->stops_at = tape.choose(static_cast<std::uint32_t>(client.hello));
        }
        if (setting.manners.resets && tape.one_in(8)) conn->may_reset = true;
        peers.add(std::move(client), std::move(conn));
    }
}

}  // namespace sni::sim
