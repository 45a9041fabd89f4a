// What the flags of sni-lab torture say, before anything is asked.
#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <fnmatch.h>

#include "cli/checked.h"
#include "cli/flags.h"
#include "cli/torture.h"
#include "lab/core/codes.h"
#include "lab/core/encoding.h"
#include "lab/core/shell_quote.h"

namespace sni::cli {

using torture::Shape;

std::string command_of(const TortureFlags& flags) {
    std::string text = "sni-lab torture";
    const auto add = [&](const char* flag, const std::string& value) {
        if (!value.empty()) text += fmt::format(" {} {}", flag, shell_quoted(value));
    };
    add("--peer", flags.peer.peer);
    if (!flags.peer.peer.empty()) add("--config", flags.peer.config);
    add("--gateway", flags.gateway);
    add("--sni", flags.sni);
    add("--target", flags.target);
    add("--decoy", flags.decoy);
    add("--ends", flags.ends);
    add("--identity", flags.identity.string());
    add("--product", flags.product);
    if (flags.seed != torture::kSeed) add("--seed", std::to_string(flags.seed));
    const auto add_time = [&](const char* flag, std::chrono::milliseconds given,
                              std::chrono::milliseconds otherwise) {
        if (given != otherwise) add(flag, fmt::format("{}ms", given.count()));
    };
    const torture::Patience otherwise;
    add_time("--timeout", flags.patience.answer, otherwise.answer);
    add_time("--hello-timeout", flags.patience.hello,
             flags.peer.peer.empty() ? otherwise.hello : kPeersHello);
    return text;
}

void require_flags(const TortureFlags& flags) {
    Checked checked;
    const auto need = [&](const char* flag, bool given) {
        if (!given) checked.add(usage_mistake(fmt::format("{} is needed", flag)));
    };
    need("--gateway", !flags.gateway.empty());
    need("--sni", !flags.sni.empty());
    if (!flags.product.empty() && !peers::product_named(flags.product)) {
        checked.add(usage_mistake(
            fmt::format("--product: nobody knows what mends \"{}\"", printable(flags.product)),
            "one of " + peers::product_names() + "; others are asked without --product"));
    }
    if (flags.ends.empty()) {
        need("--target", !flags.target.empty());
        need("--decoy", !flags.decoy.empty());
    } else {
        need("--identity", !flags.identity.empty());
    }
    checked.throw_if_any();
}

Endpoint end_of(Checked& checked, const char* flag, const std::string& text) {
    return text.empty() ? loopback(0) : checked.take_listener(flag, text);
}

std::vector<Shape> chosen_shapes(const TortureFlags& flags, const std::string& sni) {
    std::vector<Shape> shapes = torture::all_shapes(sni, flags.seed);
    if (flags.only.empty()) return shapes;
    const auto fits = [](const std::string& glob, const Shape& shape) {
        return glob == shape.name || ::fnmatch(glob.c_str(), shape.name.c_str(), 0) == 0;
    };
    for (const std::string& glob : flags.only) {
        if (std::ranges::any_of(shapes, [&](const Shape& shape) { return fits(glob, shape); }))
            continue;
        refuse(fmt::format("--only: no shape is called \"{}\"", printable(glob)),
               "sni-lab torture --list shows all; quote a pattern, as in --only 'rec/*'");
    }
    std::erase_if(shapes, [&](const Shape& shape) {
        return std::ranges::none_of(flags.only,
                                    [&](const std::string& glob) { return fits(glob, shape); });
    });
    return shapes;
}

std::vector<std::string> leave_out(std::vector<Shape>& shapes) {
    std::vector<std::string> names;
    std::erase_if(shapes, [&](const Shape& shape) {
        const bool out = shape.meanwhile.is_for_target();
        if (out) names.push_back(shape.name);
        return out;
    });
    if (shapes.empty()) {
        refuse(fmt::format("--ends: {} cannot be asked there", fmt::join(names, ", ")),
               "ends elsewhere state what they get, and take no orders; --target and --decoy make "
               "ends here");
    }
    return names;
}

std::string peer_config(const TortureFlags& flags) {
    const Peer peer(flags.peer);
    Checked checked;
    Endpoint target = end_of(checked, "--target", flags.target);
    Endpoint decoy = end_of(checked, "--decoy", flags.decoy);
    checked.throw_if_any();
    // What is printed can be started, so it names ports that a run might have taken.
    for (Endpoint* const end : {&target, &decoy}) {
        if (end->port == 0) end->port = peers::free_port();
    }
    return peer.text(peer.site(flags.sni.empty() ? kPeersName : name_to_send(flags.sni), target,
                               decoy, flags.patience.hello));
}

}  // namespace sni::cli
