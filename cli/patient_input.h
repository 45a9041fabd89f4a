// What a user named for reading: a file, a pipe such as a shell's <(zcat log.gz), a device, - for
// stdin. Read once, from its first byte on, and never waited for for ever.
#pragma once

#include <array>
#include <chrono>
#include <istream>
#include <streambuf>
#include <string>
#include <string_view>

#include "lab/net/descriptor.h"

namespace sni::cli {

class PatientInput final : private std::streambuf {
  public:
    /// Throws Failure(Exit::usage) with `hint` when `file` cannot be read. Later the text ends
    /// where nothing comes for `patience`, and check() tells.
    PatientInput(std::string file, std::chrono::milliseconds patience, std::string hint);
    /// `text`, which is there already.
    explicit PatientInput(std::string text) : whole_(std::move(text)) {
        setg(whole_.data(), whole_.data(), whole_.data() + whole_.size());
    }
    PatientInput(const PatientInput&) = delete;
    PatientInput& operator=(const PatientInput&) = delete;

    /// What it begins with, up to its first whole line that is neither empty nor a comment (#) and
    /// 16 KiB at most, which are still to be read. Throws as check().
    std::string_view begin();
    std::istream& text() { return stream_; }
    /// The rest. Throws as check(), also for more than `limit` bytes.
    std::string read(std::size_t limit);
    /// Throws as the constructor when the text ended before its end.
    void check() const;

  private:
    int_type underflow() override;
    bool fill();

    std::string file_;
    std::string hint_;
    std::chrono::milliseconds patience_{0};
    net::Descriptor fd_;
    std::string whole_;
    std::array<char, 65536> piece_;
    std::string trouble_;
    std::istream stream_{this};
};

}  // namespace sni::cli
