#include "tests/sim/kernel.h"

#include <algorithm>
#include <cerrno>

#include <fmt/format.h>

namespace sni::sim {

namespace {

thread_local Kernel* playing = nullptr;

bool aloud = false;

}  // namespace

Kernel* Kernel::current() {
    return playing;
}

void Kernel::play(World& world) {
    world_ = &world;
    playing = this;
}

void Kernel::stop_playing() {
    playing = nullptr;
}

Kernel::~Kernel() {
    if (playing == this) playing = nullptr;
}

void Kernel::trace_aloud() {
    aloud = true;
}

void Kernel::add_to_trace(std::string line) {
    if (aloud) fmt::print(stderr, "{} {}\n", tape_.drawn().size(), line);
    trace_.push_back(std::move(line));
}

void Kernel::wrong(std::string what) {
    note([&] { return "WRONG: " + what; });
    if (verdict_.empty()) verdict_ = std::move(what);
}

void Kernel::must_have(const char* call, int flags, int needed) {
    if ((flags & needed) != needed)
        wrong(fmt::format("{} is called with {:#x}, which lacks {:#x}", call, flags,
                          needed & ~flags));
}

// Descriptors

int Kernel::open(File file) {
    auto free = std::ranges::find_if(files_, [](const auto& each) { return !each; });
    if (free == files_.end()) free = files_.emplace(files_.end());
    *free = std::make_unique<File>(std::move(file));
    const int fd = kFirst + static_cast<int>(free - files_.begin());
    // The second close comes late, and meets whoever has the number by then.
    if (flaw_ == Flaw::closes_twice && fd == closed_) close(fd);
    return fd;
}

Kernel::File* Kernel::file(int fd) {
    const auto index = static_cast<std::size_t>(fd - kFirst);
    if (index < files_.size() && files_[index]) return files_[index].get();
    wrong(fmt::format("descriptor {} is used, and not open", fd - kFirst));
    errno = EBADF;
    return nullptr;
}

std::size_t Kernel::open_files() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(files_, [](const auto& file) { return file != nullptr; }));
}

std::string Kernel::names_of_open_files() const {
    constexpr const char* kNames[] = {"epoll",          "eventfd",       "listener", "socket",
                                      "pipe's out end", "pipe's in end", "table"};
    std::string names;
    for (const auto& each : files_) {
        if (!each) continue;
        names += fmt::format("{}{}", names.empty() ? "" : ", ",
                             kNames[static_cast<std::size_t>(each->kind)]);
        if (each->conn) names += fmt::format(" of {}", each->conn->id);
    }
    return names;
}

int Kernel::make_listener(const Endpoint& local) {
    local_ = local;
    return open({.kind = Kind::listener});
}

/// Now and then a client is on its way who has not been handed out, and may never be.
int Kernel::open_table() {
    if (const int error = fails({EMFILE})) return error;
    File table{.kind = Kind::table};
    table.text = "  sl  local_address rem_address   st\n";
    for (std::uint32_t other = tape_.one_in(8) ? 600 : 0; other > 0; --other)
        table.text += fmt::format("{:4}: 0100007F:0001 0100007F:C001 01\n", other);
    if (tape_.one_in(4))
        table.text += fmt::format("   0: 0100007F:{:04X} 0100007F:C000 03\n", local_.port);
    return open(std::move(table));
}

int Kernel::close(int fd) {
    ++calls_;
    File* const closing = file(fd);
    if (!closing) return -1;
    if (flaw_ == Flaw::forgets_descriptors && closing->kind == Kind::stream && ++flawed_ % 4 == 0) {
        return 0;
    }
    std::erase(ready_, fd);
    closed_ = fd;
    if (closing->conn) let_go(*closing);
    if (closing->kind == Kind::listener) world_->stopped_listening();
    files_[static_cast<std::size_t>(fd - kFirst)].reset();
    return 0;
}

/// What the peer of a closed socket hears: a reset when something was not read, or it was asked
/// for; else what was sent, and an end behind it.
void Kernel::let_go(File& file) {
    Conn& conn = *file.conn;
    conn.fd = -1;
    conn.closed = true;
    conn.corked = 0;
    conn.aborted = file.linger_0 || conn.unread() > 0 || conn.state == Conn::State::connecting;
    if (!conn.aborted) conn.shut = true;
    note([&] {
        return fmt::format("{} closes {}{}", now_.count() / 1'000'000, conn.id,
                           conn.aborted ? " with a reset" : "");
    });
    world_->closed(conn);
}

// What goes wrong

/// Something else happens while a call is made.
void Kernel::meanwhile() {
    ++calls_;
    if (disorder_ > 0 && tape_.one_in(16)) world_->act(true);
}

/// 0, or -1 with one of `errors`, as for want of something.
int Kernel::fails(std::initializer_list<int> errors) {
    ++calls_;
    return is_short("a call", errors) ? -1 : 0;
}

bool Kernel::is_short(const char* call, std::initializer_list<int> errors) {
    if (shortage_ == 0) return false;
    const bool makes_one = std::ranges::find(errors, EMFILE) != errors.end();
    if (makes_one && now_ < short_until_) {
        errno = EMFILE;
        note([&] { return fmt::format("{} fails still", call); });
        return true;
    }
    if (!tape_.one_in(shortage_)) return false;
    errno = errors.begin()[tape_.choose(static_cast<std::uint32_t>(errors.size()))];
    // Whoever has taken the last descriptor may keep it for a while.
    if (errno == EMFILE && tape_.one_in(4))
        short_until_ = now_ + std::chrono::milliseconds(tape_.choose(3'000));
    note([&] { return fmt::format("{} fails with {}", call, errno); });
    return true;
}

}  // namespace sni::sim
