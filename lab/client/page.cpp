#include "lab/client/page.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "lab/client/dial.h"
#include "lab/web/stream.h"

namespace sni::client {

namespace {

using net::Clock;
using net::Io;

/// Of lines, which the library reads byte by byte: those of the head and those around chunks.
constexpr std::size_t kLinesLimit = 256u << 10;
/// It gives a line to a regular expression, which takes stack for every byte.
constexpr std::size_t kLineLimit = 8u << 10;

/// A connection that ends at the deadline, or when more has come than a page needs; the library
/// itself bounds each read's time and the body's size, and no more.
class BoundedStream : public web::StreamBase {
  public:
    BoundedStream(int fd, Clock::time_point deadline, std::size_t limit)
        : fd_(fd), deadline_(deadline), limit_(limit) {}

    ssize_t read(char* into, size_t size) {
        if (bytes_ >= limit_ || in_lines_ >= kLinesLimit || in_line_ >= kLineLimit) {
            trouble = fmt::format("answers more than {} bytes", bytes_);
            return -1;
        }
        if (!wait_for(Io::want_read)) {
            trouble = bytes_ == 0 ? "is silent" : "does not come to the end of its answer";
            return -1;
        }
        std::size_t got = 0;
        const Io io = net::receive_now(fd_, {into, std::min(size, limit_ - bytes_)}, got);
        bytes_ += got;
        in_lines_ += size == 1 ? 1 : 0;
        in_line_ = size > 1 || *into == '\n' ? 0 : in_line_ + 1;
        return io == Io::done || io == Io::ended ? static_cast<ssize_t>(got) : -1;
    }
    ssize_t write(const char* data, size_t size) {
        std::size_t taken = 0;
        const bool sent =
            wait_for(Io::want_write) && net::send_now(fd_, {data, size}, taken) == Io::done;
        return sent ? static_cast<ssize_t>(taken) : -1;
    }

    std::string trouble = "answers in no HTTP";  ///< if there is some

  private:
    /// Also where bytes keep coming, not beyond the deadline.
    bool wait_for(Io io) const {
        return Clock::now() < deadline_ && net::wait_for({{fd_, io}}, deadline_);
    }

    int fd_;
    Clock::time_point deadline_;
    std::size_t limit_;
    std::size_t bytes_ = 0;
    std::size_t in_lines_ = 0;
    std::size_t in_line_ = 0;
};

/// cpp-httplib's client, on connections of ours.
class PageClient : public httplib::ClientImpl {
  public:
    PageClient(Endpoint from, std::chrono::milliseconds timeout, std::size_t limit)
        : ClientImpl(from.host, from.port),
          from_(std::move(from)),
          deadline_(Clock::now() + timeout),
          limit_(limit) {
        set_decompress(false);  // what is small here would be large there
    }

    /// The body of a 200; the error is a sentence.
    Result<std::string, std::string> page(const std::string& path) {
        std::string body;
        const auto answer = Get(path, [&](const char* data, std::size_t size) {
            body.append(data, size);
            return true;
        });
        if (!answer) return std::unexpected(fmt::format("{} {}", to_string(from_), trouble_));
        if (answer->status != 200) {
            const std::string_view page = std::string_view(path).substr(0, path.find('?'));
            return std::unexpected(
                fmt::format("{}{} answers {}", to_string(from_), page, answer->status));
        }
        return body;
    }

  private:
    bool create_and_connect_socket(Socket& socket, httplib::Error& error) override {
        auto connected = connect_to(from_, deadline_);
        if (connected) {
            socket.sock = connected->release();
            return true;
        }
        const proof::Trouble& why = connected.error();
        trouble_ = why.detail.empty() ? std::string(to_string(why.how)) : why.detail;
        error = httplib::Error::Connection;
        return false;
    }

    bool process_socket(const Socket& socket,
                        std::function<bool(httplib::Stream&)> exchange) override {
        BoundedStream stream(socket.sock, deadline_, limit_);
        const bool done = exchange(stream);
        trouble_ = stream.trouble;
        return done;
    }

    Endpoint from_;
    Clock::time_point deadline_;
    std::size_t limit_;
    std::string trouble_;
};

}  // namespace

Result<std::string, std::string> get_page(const Endpoint& from, const std::string& target,
                                          std::chrono::milliseconds timeout, std::size_t limit) {
    return PageClient(from, timeout, limit).page(target);
}

}  // namespace sni::client
