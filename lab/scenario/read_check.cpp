#include "lab/scenario/read_check.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "lab/core/duration.h"
#include "lab/manifest/codes.h"
#include "lab/scenario/read_word.h"

namespace sni::scenario {

namespace {

constexpr Words<HelloShape, 13> kShapes = {{
    {"ordinary", HelloShape::ordinary},
    {"two-segments", HelloShape::two_segments},
    {"byte-by-byte", HelloShape::byte_by_byte},
    {"silence", HelloShape::silence},
    {"half", HelloShape::half},
    {"trickle", HelloShape::trickle},
    {"http", HelloShape::http},
    {"many-records", HelloShape::many_records},
    {"grease", HelloShape::grease},
    {"padded", HelloShape::padded},
    {"late-name", HelloShape::late_name},
    {"large", HelloShape::large},
    {"post-quantum", HelloShape::post_quantum},
}};
constexpr Words<CheckTls, 2> kVersions = {
    {{"1.2", CheckTls::only_1_2}, {"1.3", CheckTls::only_1_3}}};
constexpr Words<Verifies, 2> kVerifying = {
    {{"modern", Verifies::sans}, {"lenient", Verifies::sans_or_common_name}}};

void read_client(Fields& fields, CheckClient& client) {
    if (auto host = fields.text("host")) client.host = std::move(host->value);
    client.tls = read_word(fields, "tls", "version of TLS", kVersions).value_or(client.tls);
    if (auto suites = fields.text("suites")) client.suites = std::move(suites->value);
    for (Text& name : fields.texts("alpn")) {
        if (name.value.empty() || name.value.size() > 255) {
            fields.in().error(code::kValue, name.at, "an ALPN name has 1 to 255 bytes");
            continue;
        }
        client.alpn.push_back(std::move(name.value));
    }
    client.certificate = fields.boolean("certificate").value_or(false);
    if (auto trust = fields.text("trust")) client.trust = std::move(trust->value);
    client.verifies =
        read_word(fields, "verifies", "kind of client", kVerifying).value_or(client.verifies);
    client.hello = read_word(fields, "hello", "shape of a hello", kShapes).value_or(client.hello);
    client.proxy =
        read_word(fields, "proxy", "version of the PROXY protocol", kProxyVersions).value_or(0);
    client.half_close = fields.boolean("half-close").value_or(false);
    client.idle = read_duration(fields, "idle").value_or(client.idle);
    client.timeout = read_duration(fields, "timeout").value_or(client.timeout);
}

void read_steps(Fields& fields, Check& check, const std::vector<File>& files) {
    using Do = CheckStep::Do;
    fields.objects("before", [&](Fields& step) {
        std::size_t said = 0;
        for (const auto& [key, what] :
             {std::pair{"apply", Do::apply}, std::pair{"apply-broken", Do::apply_broken},
              std::pair{"unplug", Do::unplug}}) {
            auto text = step.text(key);
            if (!text) continue;
            ++said;
            check.before.push_back({what, std::move(text->value), place_of(files, text->at)});
        }
        if (said != 1) {
            step.in().error(code::kValue, step.at(), "a step does one thing", {},
                            "write apply: FILE, apply-broken: FILE or unplug: NAMESPACE/NAME");
        }
    });
}

int read_count(Fields& fields, std::string_view key, int otherwise, int least) {
    const auto number = fields.number(key);
    if (!number) return otherwise;
    if (number->value >= least && number->value <= 1000) return static_cast<int>(number->value);
    fields.in().error(code::kValue, number->at,
                      fmt::format("{} goes from {} to 1000", fields.path_of(key), least));
    return otherwise;
}

}  // namespace

std::string_view to_string(HelloShape shape) {
    return std::ranges::find(kShapes, shape, &decltype(kShapes)::value_type::second)->first;
}

std::optional<std::chrono::milliseconds> read_duration(Fields& fields, std::string_view key) {
    const auto text = fields.text(key);
    if (!text) return std::nullopt;
    const auto duration = parse_duration(text->value);
    if (duration) return *duration;
    fields.in().error(code::kValue, text->at, fmt::format("{} is no duration", quote(text->value)),
                      duration.error(), "write a number and its unit, as in 500ms or 2s");
    return std::nullopt;
}

void read_play(Fields& fields, Check& check, const std::vector<File>& files) {
    fields.object("client", [&](Fields& client) { read_client(client, check.client); });
    read_steps(fields, check, files);
    check.times = read_count(fields, "times", 1, 1);
    check.streams = read_count(fields, "streams", 0, 0);
}

void read_details(Fields& expect, CheckDetails& details) {
    const auto texts = [&](std::string_view key) {
        std::vector<std::string> values;
        for (Text& text : expect.texts(key)) {
            values.push_back(std::move(text.value));
        }
        return values;
    };
    const auto text = [&](std::string_view key) {
        auto value = expect.text(key);
        return value ? std::move(value->value) : std::string();
    };
    details.passes = texts("passes");
    details.fails = texts("fails");
    details.code = text("code");
    details.says = text("says");
    details.router = text("router");
    details.client_address = text("client-address");
    details.client_certificate = expect.boolean("client-certificate");
    details.certificate_on_wire = expect.boolean("certificate-on-wire");
    details.alpn = text("alpn");
    expect.objects("shares", [&](Fields& share) {
        const auto backend = share.text("backend", Need::required);
        const auto percent = share.number("percent", Need::required);
        if (!backend || !percent) return;
        if (percent->value < 0 || percent->value > 100) {
            share.in().error(code::kValue, percent->at, "a share goes from 0 to 100 percent");
            return;
        }
        details.shares[backend->value] = static_cast<int>(percent->value);
    });
    details.within = read_duration(expect, "within").value_or(details.within);
}

}  // namespace sni::scenario
