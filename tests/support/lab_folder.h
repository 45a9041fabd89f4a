// sni-lab itself, as users run it: the program, in a folder of its own that is empty at first.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/support/catch.h"
#include "tests/support/process.h"
#include "tests/support/temp_folder.h"

namespace sni::test {

class LabFolder {
  public:
    LabFolder() = default;
    /// Whatever a test leaves running is told to stop.
    ~LabFolder() {
        try {
            run({"down"});
        } catch (const std::exception&) {
        }
    }
    LabFolder(const LabFolder&) = delete;
    LabFolder& operator=(const LabFolder&) = delete;

    std::filesystem::path operator/(std::string_view name) const { return folder_ / name; }
    const std::filesystem::path& path() const { return folder_.path(); }

    /// `words` behind the program's name, started in this folder.
    std::vector<std::string> command(const std::vector<std::string>& words) const {
        std::vector<std::string> all = {"env",           "-C",       folder_.path().string(), "-u",
                                        "SNI_LAB_STATE", "LC_ALL=C", SNI_LAB_BINARY};
        all.insert(all.end(), words.begin(), words.end());
        return all;
    }
    Finished run(const std::vector<std::string>& words) const {
        return run_program(command(words));
    }
    /// Any other program, started in this folder.
    Finished run_other(const std::vector<std::string>& words) const {
        std::vector<std::string> all = {"env", "-C", folder_.path().string(), "LC_ALL=C"};
        all.insert(all.end(), words.begin(), words.end());
        return run_program(all);
    }

  private:
    TempFolder folder_;
};

/// A port that was free a moment ago, for programs that cannot take port 0 themselves. Below those
/// that port 0 gives (net.ipv4.ip_local_port_range), so that nobody gets it so before the program
/// listens: tests run beside each other.
inline std::string free_port() {
    static std::mt19937 draw(std::random_device{}());
    for (int tries = 0; tries < 100; ++tries) {
        const auto port =
            std::uniform_int_distribution<std::uint16_t>(std::uint16_t{10'000}, 29'999)(draw);
        const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        address.sin_port = htons(port);
        const bool bound = ::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
        ::close(fd);
        if (bound) return std::to_string(port);
    }
    throw std::runtime_error("no free port");
}

/// True when `program` can be run.
inline bool installed(const std::string& program) {
    std::string path = std::getenv("PATH") ? std::getenv("PATH") : "";
    path += ":/usr/sbin:/sbin";
    for (std::size_t start = 0; start <= path.size();) {
        const std::size_t end = std::min(path.find(':', start), path.size());
        if (::access((path.substr(start, end - start) + "/" + program).c_str(), X_OK) == 0)
            return true;
        start = end + 1;
    }
    return false;
}

/// Hands `found` on. In CI (SNI_LAB_REQUIRE_PEERS) a missing peer fails the test; elsewhere the
/// test ends there, saying so.
inline bool have(const std::string& peer, bool found) {
    if (!found && std::getenv("SNI_LAB_REQUIRE_PEERS"))
        FAIL(peer << " is not installed, and here it must be");
    if (!found) WARN("not run: " << peer << " is not installed (./run setup peers)");
    return found;
}
inline bool have(const std::string& program) {
    return have(program, installed(program));
}

/// The path of Envoy, which ./run setup peers fetches where it can be had; empty: it could not, in
/// CI either, and the test ends there, saying so.
inline std::string have_envoy() {
    const std::string fetched = std::string(SNI_LAB_SOURCE_DIR) + "/build/peers/bin/envoy";
    if (::access(fetched.c_str(), X_OK) == 0) return fetched;
    if (installed("envoy")) return "envoy";
    WARN("NOT RUN: Envoy is not installed (./run setup peers)");
    return "";
}

/// The path of nginx's stream module, where Debian has it; empty: it, or nginx, is not there.
inline std::string have_nginx_stream() {
    const std::string module = "/usr/lib/nginx/modules/ngx_stream_module.so";
    if (!have("nginx")) return "";
    return have(module, ::access(module.c_str(), R_OK) == 0) ? module : "";
}

}  // namespace sni::test
