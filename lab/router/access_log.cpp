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
#include <fmt/compile.h>
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
/// Room for so many is kept when they are written.
constexpr std::size_t kUsual = 256;
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
    return fmt::format(FMT_COMPILE("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z"),
                       static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                       static_cast<unsigned>(date.day()), clock.hours().count(),
                       clock.minutes().count(), clock.seconds().count(), part.count());
}

/// One JSON object, written piece by piece: a document built first would cost as much as the rest
/// of a connection's user time.
class Line {
  public:
    Line() { text_.reserve(512); }
    /// JSON as it is.
    Line& raw(std::string_view json) {
        text_ += json;
        return *this;
    }
    /// A string; bytes of a peer's choice are made printable before.
    Line& quoted(std::string_view bytes) {
        text_ += '"';
        if (std::ranges::all_of(bytes, is_plain)) {
            text_ += bytes;
        } else {
            for (const char c : printable(bytes)) {
                if (c == '"' || c == '\\') text_ += '\\';
                text_ += c;
            }
        }
        text_ += '"';
        return *this;
    }
    Line& number(std::integral auto value) { return raw(view_of(fmt::format_int(value))); }
    Line& null() { return raw("null"); }
    std::string take() { return std::move(text_); }

  private:
    static bool is_plain(char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; }
    static std::string_view view_of(const fmt::format_int& digits) {
        return {digits.data(), digits.size()};
    }

    std::string text_;
};

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
    // Ordered as a reader asks: when, who, what became of it, how much, how long.
    Line line;
    const auto text_or_null = [&](std::string_view text) {
        text.empty() ? line.null() : line.quoted(text);
    };
    const auto endpoint_or_null = [&](const std::optional<Endpoint>& endpoint) {
        endpoint ? line.quoted(to_string(*endpoint)) : line.null();
    };
    const auto time_or_null = [&](const std::optional<std::chrono::nanoseconds>& time) {
        time ? line.number(microseconds(*time)) : line.null();
    };
    line.raw(R"({"time":)").quoted(utc(record.accepted));
    line.raw(R"(,"id":)").number(record.id);
    line.raw(R"(,"client":)").quoted(to_string(record.client));
    if (record.proxy_source) {
        line.raw(R"(,"proxy_source":)").quoted(to_string(*record.proxy_source));
    }
    line.raw(R"(,"outcome":)").quoted(to_string(record.outcome));
    line.raw(R"(,"sni":)");
    record.sni ? line.quoted(*record.sni) : line.null();
    line.raw(R"(,"alpn":[)");
    for (const std::string& name : record.alpn) {
        line.raw(&name == record.alpn.data() ? "" : ",").quoted(name);
    }
    line.raw(R"(],"ech_offered":)").raw(record.ech_offered ? "true" : "false");
    line.raw(R"(,"ja4":)");
    text_or_null(record.ja4);
    line.raw(R"(,"route":)");
    text_or_null(record.route);
    line.raw(R"(,"backend":)");
    endpoint_or_null(record.backend);
    line.raw(R"(,"bytes_up":)").number(record.bytes_up);
    line.raw(R"(,"bytes_down":)").number(record.bytes_down);
    line.raw(R"(,"hello_us":)");
    time_or_null(record.hello);
    line.raw(R"(,"connected_us":)");
    time_or_null(record.connected);
    line.raw(R"(,"ended_us":)").number(microseconds(record.ended));
    line.raw(R"(,"client_end":)").quoted(to_string(record.client_end));
    line.raw(R"(,"backend_end":)").quoted(to_string(record.backend_end)).raw("}");
    return line.take();
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

    void write(SessionRecord&& record) {
        bool first = false;
        {
            const std::lock_guard lock(mutex_);
            first = queue_.empty();
            if (queue_.size() < kQueue) {
                queue_.push_back(std::move(record));
            } else {
                queue_[oldest_] = std::move(record);
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
        std::vector<SessionRecord> records;
        records.reserve(kUsual);
        std::unique_lock lock(mutex_);
        queue_.reserve(kUsual);
        for (;;) {
            changed_.wait(lock, [this] { return ending_ || !queue_.empty(); });
            if (queue_.empty()) return;
            changed_.wait_for(lock, kGather, [this] { return ending_.load(); });
            records.swap(queue_);
            std::ranges::rotate(records, records.begin() + static_cast<std::ptrdiff_t>(oldest_));
            oldest_ = 0;
            lock.unlock();
            put(records);
            records.clear();
            if (records.capacity() > kUsual) records.shrink_to_fit();
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

void AccessLog::write(SessionRecord record) {
    impl_->write(std::move(record));
}

std::size_t AccessLog::lost() const {
    return impl_->lost();
}

}  // namespace sni::router
