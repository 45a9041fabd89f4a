#include "cli/version.h"

#include <CLI/Version.hpp>
#include <fmt/format.h>
#include <httplib.h>
#include <nlohmann/json.hpp>
#include <openssl/crypto.h>
#include <spdlog/version.h>

namespace sni::cli {

std::string version_text() {
    return fmt::format(
        "sni-lab {}\n"
        "{}\n"
        "cpp-httplib {}\n"
        "CLI11 {}\n"
        "spdlog {}.{}.{}, fmt {}.{}.{}\n"
        "nlohmann-json {}.{}.{}",
        SNI_LAB_VERSION, OpenSSL_version(OPENSSL_VERSION), CPPHTTPLIB_VERSION, CLI11_VERSION,
        SPDLOG_VER_MAJOR, SPDLOG_VER_MINOR, SPDLOG_VER_PATCH, FMT_VERSION / 10000,
        FMT_VERSION / 100 % 100, FMT_VERSION % 100, NLOHMANN_JSON_VERSION_MAJOR,
        NLOHMANN_JSON_VERSION_MINOR, NLOHMANN_JSON_VERSION_PATCH);
}

}  // namespace sni::cli
