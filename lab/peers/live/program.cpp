#include "lab/peers/live/program.h"

#include <algorithm>
#include <fstream>

#include <fmt/format.h>
#include <unistd.h>

#include "lab/core/codes.h"
#include "lab/core/diagnostic.h"
#include "lab/core/endpoint.h"
#include "lab/net/bind.h"
#include "lab/peers/live/child.h"

namespace sni::peers {

namespace {

namespace fs = std::filesystem;

std::string installed(Product product) {
    for (const std::string& name : programs_of(product)) {
        if (auto program = find_program(name)) return std::move(*program);
    }
    return {};
}

/// A wrapper around nginx may load its module by itself; another one beside it would be refused.
bool loads_stream(const Program& nginx, const fs::path& scratch) {
    const fs::path config = scratch.string() + ".nginx.conf";
    std::ofstream(config) << fmt::format("pid {}.pid;\nevents {{}}\nstream {{}}\n",
                                         config.string());
    const std::string said =
        output_of({nginx.path, "-t", "-e", "stderr", "-c", config.string()}, scratch);
    return said.find("unknown directive \"stream\"") == std::string::npos;
}

/// No version is longer.
constexpr std::size_t kLongestWords = 200;

/// The first line that says something, without the program's own path in front.
std::string first_words(std::string_view output, std::string_view path) {
    const auto trim = [&] {
        output.remove_prefix(std::min(output.find_first_not_of(" \r\n"), output.size()));
    };
    trim();
    if (output.starts_with(path)) output.remove_prefix(path.size());
    trim();
    return std::string(output.substr(0, std::min(output.find_first_of("\r\n"), kLongestWords)));
}

/// What it says, and for nginx where its module is.
Result<Program, std::string> described(Program program, const std::string& output,
                                       const fs::path& scratch) {
    program.said = first_words(output, program.path);
    if (program.product != Product::nginx) return program;
    const auto module = stream_module(output);
    if (!module) return std::unexpected("built without its stream module");
    if (module->built_in || loads_stream(program, scratch)) return program;
    if (!fs::exists(module->path)) return std::unexpected("no " + module->path);
    program.module = module->path;
    return program;
}

}  // namespace

Result<Program, std::string> find(Product product, const std::string& path,
                                  const fs::path& scratch) {
    Program program{.product = product, .path = path.empty() ? installed(product) : path};
    if (program.path.empty()) return std::unexpected("not installed");
    if (!program.path.starts_with('/')) program.path = fs::absolute(program.path).string();
    if (::access(program.path.c_str(), X_OK) != 0 || fs::is_directory(program.path)) {
        return std::unexpected(fmt::format("{} is no program", program.path));
    }
    const std::vector<std::string> flags = version_flags(product);
    if (flags.empty()) return program;
    std::vector<std::string> command = {program.path};
    command.insert(command.end(), flags.begin(), flags.end());
    return described(std::move(program), output_of(command, scratch), scratch);
}

void write_files(const Setup& setup, const fs::path& folder) {
    for (const auto& [name, content] : setup.files) {
        std::ofstream file(folder / name, std::ios::binary);
        file << content;
        file.close();
        if (!file) {
            throw Failure(Exit::machine, code::kCannotWrite,
                          fmt::format("\"{}\" cannot be written", (folder / name).string()));
        }
    }
}

std::uint16_t free_port() {
    return net::bound_to(net::bind_listener(loopback(0))).port;
}

}  // namespace sni::peers
