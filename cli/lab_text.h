// What is said about a lab, to people and to the command of `up --once`. Text from values; only
// paths are shown from where the user stands.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "cli/child.h"
#include "cli/lab_record.h"
#include "cli/lab_setup.h"

namespace sni::cli {

/// The path that a name takes, the curl line to try, and what to type next.
/// `detached` decides how it is stopped.
std::string up_text(const Loaded& loaded, const RunningLab& running,
                    const std::filesystem::path& state, bool detached);

/// SNI_LAB_STATE, SNI_LAB_GATEWAY (of the first Gateway port), SNI_LAB_SNI and SNI_LAB_CACERT (of
/// the first name).
Environment child_environment(const RunningLab& running, const std::filesystem::path& state);

/// The tutorial's curl line for `sni`, through the gate that serves Gateway port 443, else the
/// first one.
std::string curl_line(const LabRecord& record, const std::string& sni, const std::string& path);

/// The certificate that the backends of `record` serve for `sni` (nothing: a client without SNI),
/// as a file; empty when it is in memory only, there is no backend, or the file holds another one
/// by now.
std::string cert_file_for(const LabRecord& record, std::optional<std::string_view> sni);

/// How curl comes to trust a certificate: "--cacert FILE", or "--insecure" when `cert_file` is
/// empty.
std::string curl_trust(const std::string& cert_file);

}  // namespace sni::cli
