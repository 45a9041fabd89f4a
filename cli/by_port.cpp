#include "cli/by_port.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "lab/core/codes.h"
#include "lab/core/diagnostic.h"
#include "lab/core/encoding.h"

namespace sni::cli {

std::map<std::uint16_t, Endpoint> by_port(const ByPort& how, const std::vector<std::string>& values,
                                          const std::vector<std::uint16_t>& ports) {
    std::map<std::uint16_t, Endpoint> given;
    for (const std::string& value : values) {
        const auto refused = [&](std::string why) {
            return Failure(Exit::usage, code::kUsage,
                           fmt::format("{} \"{}\" cannot be used", how.flag, printable(value)),
                           std::move(why), fmt::format("write {}", how.hint));
        };
        const std::size_t equals = value.find('=');
        const bool named = equals != std::string::npos;
        if (!named && !how.usual_port && ports.size() != 1)
            throw refused(fmt::format("there are {} Gateway ports", ports.size()));
        const auto endpoint = how.parse(named ? std::string_view(value).substr(equals + 1) : value);
        if (!endpoint) throw refused(endpoint.error());
        const std::string number = named ? value.substr(0, equals) : "443";
        auto port =
            std::ranges::find(ports, number, [](auto each) { return std::to_string(each); });
        if (port == ports.end() && !named) port = ports.begin();
        if (port != ports.end()) {
            if (!given.emplace(*port, *endpoint).second)
                throw refused(fmt::format("Gateway port {} has an address already", *port));
        } else if (!how.for_many) {
            throw refused(fmt::format("no Gateway has a port {}", printable(number)));
        }
    }
    return given;
}

}  // namespace sni::cli
