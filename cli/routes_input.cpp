#include "cli/routes_input.h"

#include <array>
#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lab/core/codes.h"
#include "lab/core/encoding.h"
#include "lab/net/descriptor.h"
#include "lab/net/wait.h"

namespace sni::cli {

namespace {

constexpr std::size_t kLargestRoutes = 128u << 20;

}  // namespace

Result<std::string, Diagnostic> read_routes(const std::string& path,
                                            std::optional<std::chrono::milliseconds> patience) {
    const auto wrong = [&](std::string why) {
        return std::unexpected(Diagnostic{
            .code = std::string(code::kUnreadableFile),
            .message = fmt::format("cannot read the routes file \"{}\"", printable(path)),
            .why = std::move(why)});
    };
    const auto because = [](int error) { return std::generic_category().message(error); };
    const net::Descriptor file(
        ::open(path.c_str(), O_RDONLY | O_CLOEXEC | (patience ? O_NONBLOCK : 0)));
    if (!file) return wrong(because(errno));
    struct stat status{};
    if (::fstat(file.fd(), &status) != 0) return wrong(because(errno));
    if (S_ISDIR(status.st_mode)) return wrong("it is a folder");
    // A file is there as a whole, however slow its disk is.
    const auto deadline =
        patience && !S_ISREG(status.st_mode) ? net::Clock::now() + *patience : net::kNever;
    std::string text;
    std::array<char, 65'536> block;
    for (;;) {
        if (net::Clock::now() >= deadline || !net::wait_for({{file.fd()}}, deadline))
            return wrong(text.empty() ? "it is a pipe that says nothing"
                                      : "it is a pipe that does not come to its end");
        const ssize_t count = ::read(file.fd(), block.data(), block.size());
        if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (count < 0) return wrong(because(errno));
        if (count == 0) return text;
        text.append(block.data(), static_cast<std::size_t>(count));
        if (text.size() > kLargestRoutes) return wrong("it has more than 128 MiB");
    }
}

std::optional<Diagnostic> read_once_warning(const std::string& path) {
    struct stat status{};
    if (path.empty() || ::stat(path.c_str(), &status) != 0 || S_ISREG(status.st_mode))
        return std::nullopt;
    return Diagnostic{
        .level = Level::warning,
        .code = std::string(code::kRoutesOnce),
        .message = fmt::format("\"{}\" is no file that can be read again", printable(path)),
        .why =
            "what a pipe said is gone once it is read: after SIGHUP it has nothing more to say, "
            "and the routes before stay",
        .hint = "write the routes into a file, and name that with --routes"};
}

}  // namespace sni::cli
