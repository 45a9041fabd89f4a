#include "cli/standard_streams.h"

#include <cerrno>

#include <fcntl.h>
#include <unistd.h>

#include "lab/net/wait.h"

namespace sni::cli {

namespace {

constexpr std::size_t kPendingBytes = 16384;

}  // namespace

void open_standard_descriptors() {
    for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; ++descriptor) {
        if (::fcntl(descriptor, F_GETFD) >= 0) continue;
        // The lowest free number is this one. Inherited on purpose: what we start relies on it too.
        if (::open("/dev/null", O_RDWR) < 0) return;  // NOLINT(android-cloexec-open)
    }
}

DescriptorBuffer::DescriptorBuffer(int descriptor)
    : descriptor_(descriptor), terminal_(::isatty(descriptor) == 1) {}

DescriptorBuffer::~DescriptorBuffer() {
    DescriptorBuffer::sync();
}

int DescriptorBuffer::overflow(int c) {
    if (c == traits_type::eof()) return traits_type::not_eof(c);
    const char byte = traits_type::to_char_type(c);
    return xsputn(&byte, 1) == 1 ? c : traits_type::eof();
}

std::streamsize DescriptorBuffer::xsputn(const char* bytes, std::streamsize count) {
    pending_.append(bytes, static_cast<std::size_t>(count));
    taken_ += count;
    const bool due =
        pending_.size() >= kPendingBytes || (terminal_ && pending_.find('\n') != std::string::npos);
    return due && sync() != 0 ? 0 : count;
}

DescriptorBuffer::pos_type DescriptorBuffer::seekoff(off_type offset, std::ios_base::seekdir from,
                                                     std::ios_base::openmode which) {
    const bool asks = offset == 0 && from == std::ios_base::cur && which == std::ios_base::out;
    return asks ? pos_type(taken_) : pos_type(off_type(-1));
}

int DescriptorBuffer::sync() {
    std::string_view rest = pending_;
    int result = 0;
    while (!rest.empty()) {
        const ssize_t wrote = ::write(descriptor_, rest.data(), rest.size());
        if (wrote >= 0) {
            rest.remove_prefix(static_cast<std::size_t>(wrote));
        } else if (errno == EAGAIN) {  // somebody else made it non-blocking
            net::wait_for({{descriptor_, net::Io::want_write}}, net::kNever);
        } else if (errno != EINTR) {
            reader_left_ = reader_left_ || errno == EPIPE;
            result = -1;
            break;
        }
    }
    pending_.clear();
    return result;
}

bool DescriptorBuffer::reader_left() const {
    return reader_left_ || net::reader_left(descriptor_);
}

bool reader_left(const std::ostream& out) {
    const auto* buffer = dynamic_cast<const DescriptorBuffer*>(out.rdbuf());
    return buffer && buffer->reader_left();
}

}  // namespace sni::cli
