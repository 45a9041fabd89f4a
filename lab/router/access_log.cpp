#include "lab/router/access_log.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <climits>
#include <condition_variable>
#include <csignal>
#include <filesystem>
#include <mutex>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lab/core/codes.h"
#include "lab/core/diagnostic.h"
#include "lab/core/encoding.h"
#include "lab/net/descriptor.h"

namespace sni::router {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kQueue = 8'192;
/// Lines that come so close together are written in one go, and wake the writer once.
constexpr std::chrono::milliseconds kGather{10};
/// What a reader that is stuck gets at the end.
constexpr std::chrono::milliseconds kLastWords{1'000};

std::int64_t microseconds(std::chrono::nanoseconds time) {
    return std::chrono::duration_cast<std::chrono::microseconds>(time).count();
}

std::string utc(std::chrono::system_clock::time_point time) {
    const auto whole = std::chrono::floor<std::chrono::seconds>(time);
    const auto part = std::chrono::duration_cast<std::chrono::microseconds>(time - whole);
    const std::chrono::sys_days day = std::chrono::floor<std::chrono::days>(whole);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(whole - day);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                       clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                       part.count());
}

/// As a JSON string; bytes of a peer's choice are made printable before.
std::string json_string(std::string_view text) {
    std::string string = "\"";
    for (const char c : printable(text)) {
        if (c == '"' || c == '\\') string += '\\';
        string += c;
    }
    return string + '"';
}

/// Never waits: a pipe that nobody reads is refused.
net::Descriptor open_log(const std::string& path) {
    int fd = -1;
    if (path == "-") {
        fd = ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0);
    } else {
        std::error_code ignored;  // open() says what is wrong
        const auto folder = std::filesystem::path(path).parent_path();
        if (!folder.empty()) std::filesystem::create_directories(folder, ignored);
        fd = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0644);
    }
    if (fd >= 0) return net::Descriptor(fd);
    throw Failure(Exit::machine, code::kCannotWrite,
                  fmt::format("cannot write the access log \"{}\"", printable(path)),
                  std::generic_category().message(errno),
                  "name another file with --access-log, or - for stdout");
}

/// How much can be written without waiting, once poll() says that there is room. Stdout may be a
/// pipe that others share, so its own flags stay as they are.
std::size_t room_of(int fd) {
    struct stat what{};
    const bool file = ::fstat(fd, &what) == 0 && S_ISREG(what.st_mode);
    return file ? 1u << 20 : PIPE_BUF;
}

}  // namespace

std::string to_json(const SessionRecord& record) {
    // Ordered as a reader asks: when, who, what became of it, how much, how long. Written piece by
    // piece: a document built first would cost as much as the rest of a connection's user time.
    std::string line;
    line.reserve(512);
    const auto out = std::back_inserter(line);
    fmt::format_to(out, R"({{"time":"{}","id":{},"client":{})", utc(record.accepted), record.id,
                   json_string(to_string(record.client)));
    if (record.proxy_source) {
        fmt::format_to(out, R"(,"proxy_source":{})", json_string(to_string(*record.proxy_source)));
    }
    fmt::format_to(out, R"(,"outcome":"{}","sni":{},"alpn":[)", to_string(record.outcome),
                   record.sni ? json_string(*record.sni) : "null");
    for (const std::string& name : record.alpn) {
        fmt::format_to(out, "{}{}", &name == record.alpn.data() ? "" : ",", json_string(name));
    }
    fmt::format_to(
        out, R"(],"ech_offered":{},"ja4":{},"route":{},"backend":{},"bytes_up":{},"bytes_down":{})",
        record.ech_offered, record.ja4.empty() ? "null" : json_string(record.ja4),
        record.route.empty() ? "null" : json_string(record.route),
        record.backend ? json_string(to_string(*record.backend)) : "null", record.bytes_up,
        record.bytes_down);
    const auto when = [](const std::optional<std::chrono::nanoseconds>& time) {
        return time ? fmt::format_int(microseconds(*time)).str() : std::string("null");
    };
    fmt::format_to(out, R"(,"hello_us":{},"connected_us":{},"ended_us":{})", when(record.hello),
                   when(record.connected), microseconds(record.ended));
    fmt::format_to(out, R"(,"client_end":"{}","backend_end":"{}"}})", to_string(record.client_end),
                   to_string(record.backend_end));
    return line;
}

class AccessLog::Impl {
  public:
    explicit Impl(const std::string& path)
        : out_(open_log(path)), room_(room_of(out_.fd())), writer_([this] { run(); }) {}
    ~Impl() {
        {
            const std::lock_guard lock(mutex_);
            ended_ = Clock::now();
            ending_ = true;
        }
        changed_.notify_one();
        writer_.join();
    }
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    void write(const SessionRecord& record) {
        bool first = false;
        {
            const std::lock_guard lock(mutex_);
            first = queue_.empty();
            if (queue_.size() < kQueue) {
                queue_.push_back(record);
            } else {
                queue_[oldest_] = record;
                oldest_ = (oldest_ + 1) % kQueue;
                ++lost_;
            }
        }
        if (first) changed_.notify_one();
    }
    std::size_t lost() const { return lost_; }

  private:
    void run() {
        sigset_t broken_pipe;
        sigemptyset(&broken_pipe);
        sigaddset(&broken_pipe, SIGPIPE);
        pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);
        std::unique_lock lock(mutex_);
        for (;;) {
            changed_.wait(lock, [this] { return ending_ || !queue_.empty(); });
            if (queue_.empty()) return;
            changed_.wait_for(lock, kGather, [this] { return ending_.load(); });
            std::vector<SessionRecord> records;
            records.swap(queue_);
            std::ranges::rotate(records, records.begin() + static_cast<std::ptrdiff_t>(oldest_));
            oldest_ = 0;
            lock.unlock();
            put(records);
            lock.lock();
        }
    }

    /// Each line whole, or lost and counted.
    void put(const std::vector<SessionRecord>& records) {
        for (std::size_t next = 0; next < records.size();) {
            std::string text;
            std::size_t last = next;
            while (last < records.size() && (text.empty() || text.size() < room_ / 2)) {
                text += to_json(records[last++]) + "\n";
            }
            // What is left of a line that was cut off must not become the head of the next.
            const bool torn_before = torn_;
            if (torn_before) text.insert(text.begin(), '\n');
            const std::size_t written = write_now(text);
            if (written > 0) torn_ = text[written - 1] != '\n';
            const auto ends = std::ranges::count(std::string_view(text).substr(0, written), '\n');
            const auto whole = static_cast<std::size_t>(ends) - (torn_before && written > 0);
            lost_ += last - next - whole;
            next = last;
        }
    }

    /// How much could be.
    std::size_t write_now(std::string_view text) {
        std::size_t written = 0;
        while (written < text.size() && has_room()) {
            const std::string_view part = text.substr(written, room_);
            const ssize_t count = ::write(out_.fd(), part.data(), part.size());
            if (count < 0 && errno != EINTR && errno != EAGAIN) break;
            if (count > 0) written += static_cast<std::size_t>(count);
        }
        return written;
    }

    /// Waits for it, but at the end not long.
    bool has_room() const {
        constexpr int kLook = 50;
        pollfd room{.fd = out_.fd(), .events = POLLOUT, .revents = 0};
        for (;;) {
            const bool late = ending_ && Clock::now() > ended_.load() + kLastWords;
            // An error is room, too: write() will tell it.
            if (::poll(&room, 1, late ? 0 : kLook) > 0) return true;
            if (late) return false;
        }
    }

    const net::Descriptor out_;
    const std::size_t room_;
    std::atomic<std::size_t> lost_ = 0;
    std::atomic<bool> ending_ = false;
    std::atomic<Clock::time_point> ended_;
    bool torn_ = false;  // the last line written lacks its end

    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<SessionRecord> queue_;  // guarded by mutex_; when it is full, a ring
    std::size_t oldest_ = 0;            // in queue_
    std::thread writer_;                // last: it uses all the others
};

AccessLog::AccessLog(const std::string& path) : impl_(std::make_unique<Impl>(path)) {}

AccessLog::~AccessLog() = default;

void AccessLog::write(const SessionRecord& record) {
    impl_->write(record);
}

std::size_t AccessLog::lost() const {
    return impl_->lost();
}

}  // namespace sni::router
