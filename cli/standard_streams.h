// The three descriptors that every program takes for granted, and what they are worth.
#pragma once

#include <ostream>
#include <streambuf>
#include <string>

namespace sni::cli {

/// Descriptors 0, 1 and 2 that are closed become /dev/null. Otherwise the next file or socket that
/// is opened would get the number, and our answers. First thing in main, before any other open.
void open_standard_descriptors();

/// Stands behind an ostream and writes to a descriptor, which it does not own. It remembers whether
/// the reader went away, which is nobody's fault. Whole lines leave at once on a terminal, else
/// when the buffer is full or flushed.
class DescriptorBuffer final : public std::streambuf {
  public:
    explicit DescriptorBuffer(int descriptor);
    ~DescriptorBuffer() override;
    DescriptorBuffer(const DescriptorBuffer&) = delete;
    DescriptorBuffer& operator=(const DescriptorBuffer&) = delete;

    /// The other end of a pipe or socket was closed: a write was told so (EPIPE), or would be now.
    bool reader_left() const;

  private:
    int overflow(int c) override;
    std::streamsize xsputn(const char* bytes, std::streamsize count) override;
    int sync() override;
    /// Only where it stands now, for tellp(): the bytes that were written so far.
    pos_type seekoff(off_type offset, std::ios_base::seekdir from,
                     std::ios_base::openmode which) override;

    int descriptor_;
    bool terminal_;
    bool reader_left_ = false;
    std::string pending_;
    std::streamoff taken_ = 0;
};

/// Whether `out` has lost its reader; false for a stream that is no DescriptorBuffer's.
bool reader_left(const std::ostream& out);

/// As a shell shows a program that SIGPIPE ended, and as git and others exit.
inline constexpr int kReaderLeft = 141;

}  // namespace sni::cli
