#include "lab/scenario/lab_file.h"

#include <algorithm>
#include <set>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "lab/core/suggest.h"
#include "lab/manifest/codes.h"
#include "lab/scenario/read_check.h"
#include "lab/scenario/read_word.h"
#include "lab/yaml/fields.h"
#include "lab/yaml/yaml.h"

namespace sni::scenario {

namespace {

constexpr int kMostDays = 36'500;
constexpr Words<BackendSetting::Fault, 2> kFaults = {
    {{"down", BackendSetting::Fault::down}, {"hang", BackendSetting::Fault::hang}}};

class LabFileReader {
  public:
    LabFileReader(const std::vector<File>& files, Findings& findings, const Scenario* scenario)
        : files_(files),
          in_{.findings = findings, .code = {}, .unknown_code = code::kUnknownField} {
        if (!scenario) return;
        compares_ = true;
        for (const BackendSpec& backend : scenario->backends) {
            backends_.insert(base_name(backend.name));
            if (backend.secret) secrets_.insert(backend.secret->ns + "/" + backend.secret->name);
        }
        for (const TerminatorSpec& terminator : scenario->terminators) {
            secrets_.insert(terminator.secret.ns + "/" + terminator.secret.name);
        }
        for (const std::uint16_t port : scenario->gateway_ports) {
            ports_.insert(std::to_string(port));
            if (has_gateway_tls(*scenario, port)) ends_tls_.insert(port);
        }
    }

    LabFile read(const yaml::Node& document) {
        Fields fields(in_, document);
        fields.objects("certificates", [&](Fields& f) { read_recipe(f); });
        refuse_circles();
        fields.objects("backends", [&](Fields& f) { read_backend(f); });
        fields.objects("gateway", [&](Fields& f) { read_gate(f); });
        fields.done();
        return std::move(lab_);
    }

    /// "ns/name" of a replica's "ns/name/2".
    static std::string base_name(const std::string& name) {
        const std::size_t slash = name.find('/', name.find('/') + 1);
        return name.substr(0, slash);
    }

  private:
    /// One of the scenario's, or reported and nothing.
    std::optional<std::string> known(Fields& fields, std::string_view key, std::string_view what,
                                     const std::set<std::string>& names, Need need) {
        auto text = fields.text(key, need);
        if (!text) return std::nullopt;
        if (!compares_ || names.contains(text->value)) return std::move(text->value);
        const std::vector<std::string> list(names.begin(), names.end());
        const auto near = nearest(text->value.substr(0, 64), list);
        in_.error(code::kValue, text->at,
                  fmt::format("the scenario has no {} {}", what, quote(text->value)), {},
                  near ? fmt::format("did you mean {}?", *near)
                       : fmt::format("it has {}", fmt::join(list, ", ")));
        return std::nullopt;
    }

    int days(Fields& fields, std::string_view key, int otherwise) {
        const auto number = fields.number(key);
        if (!number) return otherwise;
        if (number->value >= -kMostDays && number->value <= kMostDays)
            return static_cast<int>(number->value);
        in_.error(code::kValue, number->at,
                  fmt::format("days go from -{} to {}", kMostDays, kMostDays));
        return otherwise;
    }

    void read_recipe(Fields& fields) {
        CertificateRecipe recipe{.place = place_of(files_, fields.at())};
        recipe.secret = known(fields, "secret", "Secret without content", secrets_, Need::required)
                            .value_or("");
        for (Text& name : fields.texts("names")) {
            recipe.names.push_back(std::move(name.value));
        }
        recipe.cn_only = fields.boolean("cn-only").value_or(false);
        if (const auto by = fields.text("signed-by")) {
            recipe.lab_ca = by->value == "lab-ca";
            if (!recipe.lab_ca) {
                in_.error(code::kValue, by->at,
                          fmt::format("nobody here is called {}", quote(by->value)), {},
                          "write signed-by: lab-ca, or leave it out for a self-signed one");
            }
        }
        recipe.valid_from = days(fields, "valid-from", recipe.valid_from);
        recipe.valid_until = days(fields, "valid-until", recipe.valid_until);
        if (recipe.valid_until <= recipe.valid_from) {
            in_.error(code::kValue, fields.at(), "the certificate ends before it begins");
        }
        recipe.same_as =
            known(fields, "same-as", "Secret without content", secrets_, Need::optional)
                .value_or("");
        lab_.certificates.push_back(std::move(recipe));
    }

    /// A Secret that is the same as another, and that one as it, would be made of nothing.
    void refuse_circles() {
        for (const CertificateRecipe& recipe : lab_.certificates) {
            std::set<std::string> seen = {recipe.secret};
            const CertificateRecipe* at = &recipe;
            while (at && !at->same_as.empty() && at->same_as != at->secret) {
                if (!seen.insert(at->same_as).second) {
                    in_.error(
                        code::kValue, {.line = recipe.place.line, .column = recipe.place.column},
                        fmt::format("same-as leads from {} round to itself", quote(recipe.secret)),
                        {}, "one of them must be made by itself");
                    return;
                }
                const auto next =
                    std::ranges::find(lab_.certificates, at->same_as, &CertificateRecipe::secret);
                at = next == lab_.certificates.end() ? nullptr : &*next;
            }
        }
    }

    void read_backend(Fields& fields) {
        BackendSetting setting{.place = place_of(files_, fields.at())};
        setting.backend = known(fields, "name", "backend", backends_, Need::required).value_or("");
        setting.fault = read_word(fields, "fault", "fault", kFaults).value_or(setting.fault);
        setting.client_certificate = fields.boolean("client-certificate").value_or(false);
        for (Text& name : fields.texts("alpn")) {
            setting.alpn.push_back(std::move(name.value));
        }
        setting.accept_proxy = fields.boolean("accept-proxy").value_or(false);
        lab_.backends.push_back(std::move(setting));
    }

    void read_gate(Fields& fields) {
        GateSetting gate{.place = place_of(files_, fields.at())};
        const auto port = fields.port("port", Need::required);
        if (port && compares_ && !ports_.contains(std::to_string(port->value))) {
            in_.error(code::kValue, port->at,
                      fmt::format("no Gateway of the scenario has port {}", port->value), {},
                      fmt::format("they have {}", fmt::join(ports_, ", ")));
        } else if (port) {
            gate.port = static_cast<std::uint16_t>(port->value);
        }
        gate.hello_timeout = read_duration(fields, "hello-timeout");
        gate.idle_timeout = read_duration(fields, "idle-timeout");
        gate.proxy_protocol =
            read_word(fields, "proxy-protocol", "PROXY protocol", kProxyVersions).value_or(0);
        const bool mixed = gate.proxy_protocol != 0 && ends_tls_.contains(gate.port);
        if (const auto written = mixed ? fields.text("proxy-protocol") : std::nullopt) {
            in_.error(code::kValue, written->at,
                      fmt::format("port {} also has names whose TLS the gateway ends or wraps",
                                  gate.port),
                      "the lab's gateways for those know no PROXY header, and their clients would "
                      "be refused",
                      "give those names another port, or leave proxy-protocol out");
        }
        gate.accept_proxy = fields.boolean("accept-proxy").value_or(false);
        gate.forgery = read_word(fields, "forgery", "forgery", kForgeries).value_or(Forgery::none);
        lab_.gates.push_back(std::move(gate));
    }

    const std::vector<File>& files_;
    Reading in_;
    bool compares_ = false;
    std::set<std::string> backends_;
    std::set<std::string> secrets_;
    std::set<std::string> ports_;
    std::set<std::uint16_t> ends_tls_;  ///< ports where the gateway does, or wraps it
    LabFile lab_;
};

template <class List, class Key, class Member>
const typename List::value_type* find_by(const List& list, const Key& key, Member member) {
    const auto found = std::ranges::find(list, key, member);
    return found == list.end() ? nullptr : &*found;
}

}  // namespace

const CertificateRecipe* LabFile::recipe_for(const SecretSpec& secret) const {
    return find_by(certificates, secret.ns + "/" + secret.name, &CertificateRecipe::secret);
}

const BackendSetting* LabFile::backend(const std::string& name) const {
    return find_by(backends, LabFileReader::base_name(name), &BackendSetting::backend);
}

const GateSetting* LabFile::gate(std::uint16_t port) const {
    return find_by(gates, port, &GateSetting::port);
}

bool LabFile::needs_authority() const {
    return std::ranges::any_of(certificates, &CertificateRecipe::lab_ca) ||
           std::ranges::any_of(backends, &BackendSetting::client_certificate);
}

ParsedLabFile parse_lab_file(const File& file, const Scenario* scenario) {
    ParsedLabFile parsed;
    const std::vector<File> files = {file};
    Findings findings(files);
    const yaml::Stream stream = yaml::parse(0, findings);
    if (stream.documents.size() == 1) {
        parsed.lab = LabFileReader(files, findings, scenario).read(stream.documents.front());
    } else if (stream.whole) {
        findings.error(
            code::kYamlEmpty, {},
            fmt::format("the file has {} documents, and must have one", stream.documents.size()));
    }
    parsed.diagnostics = findings.take();
    return parsed;
}

}  // namespace sni::scenario
