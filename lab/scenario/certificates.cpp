#include "lab/scenario/certificates.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "lab/core/encoding.h"
#include "lab/manifest/codes.h"

namespace sni::scenario {

namespace {

std::string_view without_slash(std::string_view path) {
    while (path.size() > 1 && path.ends_with('/'))
        path.remove_suffix(1);
    return path;
}

/// The part of `path` below `folder`; nothing when it is not in there.
std::optional<std::string_view> below(std::string_view path, std::string_view folder) {
    folder = without_slash(folder);
    if (path == folder) return std::string_view();
    if (!path.starts_with(folder)) return std::nullopt;
    path.remove_prefix(folder.size());
    if (folder != "/" && !path.starts_with('/')) return std::nullopt;
    while (path.starts_with('/'))
        path.remove_prefix(1);
    return path;
}

const Volume* volume_named(const PodTemplate& pod, std::string_view name) {
    const auto found = std::ranges::find_if(
        pod.volumes, [&](const Volume& volume) { return volume.name.value == name; });
    return found == pod.volumes.end() ? nullptr : &*found;
}

}  // namespace

Certificates::Certificates(const Manifest& manifest, Findings& findings)
    : manifest_(manifest), findings_(findings) {
    for (const Secret& secret : manifest_.secrets) {
        secrets_.emplace(secret.meta.path(), &secret);
        first_of_name_.emplace(secret.meta.name.value, &secret);
    }
}

std::optional<SecretSpec> Certificates::of(const Deployment& deployment, const Container& container,
                                           const Process& process) {
    if (!process.cert_file && !process.key_file) return assumed(deployment, container);
    if (!process.cert_file || !process.key_file) {
        const Text& given = process.cert_file ? *process.cert_file : *process.key_file;
        findings_.error(code::kCertPath, given.at,
                        fmt::format("the command line names a {} and no {}",
                                    process.cert_file ? "certificate" : "key",
                                    process.cert_file ? "key" : "certificate"),
                        {}, "give both --certfile and --keyfile");
        return std::nullopt;
    }
    const auto cert = look_up(deployment, container, *process.cert_file);
    const auto key = look_up(deployment, container, *process.key_file);
    if (!cert || !key) return std::nullopt;
    if (cert->secret != key->secret) {
        findings_.error(code::kUnsupported, process.key_file->at,
                        "certificate and key come from two Secrets",
                        fmt::format("{} and {}", quote(cert->secret), quote(key->secret)),
                        "keep both in one Secret of type kubernetes.io/tls");
        return std::nullopt;
    }
    return spec(deployment, cert->secret, *cert, *key, process.cert_file->at);
}

/// Where nothing on the command line tells: gunicorn then serves plain text, any other image is
/// taken to serve the one Secret that it mounts.
std::optional<SecretSpec> Certificates::assumed(const Deployment& deployment,
                                                const Container& container) {
    if (process_of(container).gunicorn) return std::nullopt;
    const Text* only = nullptr;
    for (const VolumeMount& mount : container.mounts) {
        const Volume* volume = volume_named(deployment.pod, mount.volume.value);
        if (!volume || !volume->secret) continue;
        const Text& name = *volume->secret;
        const auto held = secrets_.find(deployment.meta.ns.value + "/" + name.value);
        const bool fits = held == secrets_.end() || (held->second->data.contains("tls.crt") &&
                                                     held->second->data.contains("tls.key"));
        if (!fits) continue;
        if (only && only->value != name.value) return std::nullopt;
        only = &name;
    }
    if (!only) return std::nullopt;
    findings_.add(Level::info, code::kAssumedTls, only->at,
                  fmt::format("the pod is taken to serve TLS with Secret {}", quote(only->value)),
                  "it mounts the Secret, and no --certfile says otherwise");
    return spec(deployment, only->value, {.secret = only->value, .key = "tls.crt"},
                {.secret = only->value, .key = "tls.key"}, only->at);
}

std::optional<Certificates::MountedKey> Certificates::look_up(const Deployment& deployment,
                                                              const Container& container,
                                                              const Text& path) {
    const VolumeMount* mount = nullptr;
    std::string_view rest;
    for (const VolumeMount& candidate : container.mounts) {
        const auto inside = below(path.value, candidate.path.value);
        if (!inside) continue;
        if (mount && mount->path.value.size() >= candidate.path.value.size()) continue;
        mount = &candidate;
        rest = *inside;
    }
    if (!mount) {
        std::vector<std::string> mounted;
        for (const VolumeMount& candidate : container.mounts) {
            if (mounted.size() < 5) mounted.push_back(printable(candidate.path.value));
        }
        findings_.error(code::kCertPath, path.at,
                        fmt::format("{} is in no volume of the container", quote(path.value)),
                        mounted.empty() ? "no volume is mounted"
                                        : fmt::format("mounted are {}", fmt::join(mounted, ", ")),
                        "mount the Secret there, or correct the path");
        return std::nullopt;
    }
    const Volume* volume = volume_named(deployment.pod, mount->volume.value);
    if (!volume) return std::nullopt;  // reported by the reader
    if (!volume->secret) {
        findings_.error(code::kUnsupported, path.at,
                        fmt::format("{} is on volume {}, which is no Secret", quote(path.value),
                                    quote(volume->name.value)),
                        {}, "keep certificate and key in a Secret of type kubernetes.io/tls");
        return std::nullopt;
    }
    std::string file(rest);
    if (!mount->sub_path.value.empty()) {
        file = rest.empty() ? mount->sub_path.value
                            : fmt::format("{}/{}", mount->sub_path.value, rest);
    }
    if (volume->items.empty()) return MountedKey{volume->secret->value, std::move(file)};
    const auto item = std::ranges::find_if(
        volume->items, [&](const VolumeItem& i) { return i.path.value == file; });
    if (item != volume->items.end()) {
        return MountedKey{volume->secret->value, item->key.value};
    }
    findings_.error(code::kCertPath, path.at,
                    fmt::format("volume {} has no file {}", quote(volume->name.value), quote(file)),
                    "its items list every file that it has", "add the key to the volume's items");
    return std::nullopt;
}

std::optional<SecretSpec> Certificates::spec(const Deployment& deployment,
                                             const std::string& secret, const MountedKey& cert,
                                             const MountedKey& key, Spot at) {
    SecretSpec spec{
        .ns = deployment.meta.ns.value, .name = secret, .cert_pem = {}, .key_pem = {}, .names = {}};
    const auto held = secrets_.find(spec.ns + "/" + secret);
    if (held == secrets_.end()) {
        report_missing(spec.ns, secret, at);
        // kubectl create secret tls makes exactly these two keys.
        for (const auto& [wanted, given] :
             {std::pair{"tls.crt", &cert.key}, std::pair{"tls.key", &key.key}}) {
            if (*given == wanted) continue;
            findings_.error(
                code::kCertPath, at,
                fmt::format("Secret {} will have no key {}", quote(secret), quote(*given)),
                "a Secret of type kubernetes.io/tls has tls.crt and tls.key",
                fmt::format("name the file {}", wanted));
            return std::nullopt;
        }
        return spec;
    }
    const Secret& found = *held->second;
    if (found.meta.flawed) return std::nullopt;
    for (const auto& [wanted, pem] :
         {std::pair{&cert.key, &spec.cert_pem}, std::pair{&key.key, &spec.key_pem}}) {
        const auto data = found.data.find(*wanted);
        if (data == found.data.end()) {
            findings_.error(code::kCertPath, at,
                            fmt::format("Secret {} has no key {}", quote(secret), quote(*wanted)),
                            {}, "name one of its keys");
            return std::nullopt;
        }
        *pem = data->second;
    }
    return spec;
}

/// A Secret that the files do not have is made by hand, as in the tutorial. One that is in another
/// namespace is a mistake more likely than not.
void Certificates::report_missing(const std::string& ns, const std::string& name, Spot at) {
    const auto elsewhere = first_of_name_.find(name);
    if (elsewhere == first_of_name_.end()) return;
    findings_.add(Level::warning, code::kSecretMissing, at,
                  fmt::format("there is no Secret {} in namespace {}", quote(name), quote(ns)),
                  fmt::format("there is one in namespace {}, which this pod cannot mount",
                              quote(elsewhere->second->meta.ns.value)),
                  "a Secret belongs in the namespace of the pod that mounts it");
}

}  // namespace sni::scenario
