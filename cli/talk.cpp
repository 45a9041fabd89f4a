#include "cli/talk.h"

#include <chrono>
#include <iostream>
#include <utility>

#include <unistd.h>

#include "lab/core/diagnostic.h"

namespace sni::cli {

namespace {

constexpr std::chrono::seconds kFlush{1};

std::unique_ptr<log::LineLog> queue_for(const std::ostream& to) {
    const bool out = to.rdbuf() == std::cout.rdbuf();
    const bool err = to.rdbuf() == std::cerr.rdbuf();
    if (!out && !err) return nullptr;
    try {
        return std::make_unique<log::LineLog>(out ? STDOUT_FILENO : STDERR_FILENO);
    } catch (const Failure&) {
        return nullptr;  // closed: nothing written there can wait
    }
}

}  // namespace

Talk::Talk(std::ostream& to) : to_(to), queue_(queue_for(to)), stream_(this) {
    to_.flush();
}

Talk::~Talk() {
    if (!begun_.empty()) put(std::exchange(begun_, {}));
    if (!queue_) return;
    queue_->close();
    if (queue_->lost() > 0) to_.setstate(std::ios::badbit);
}

void Talk::line(std::string_view text) {
    std::string whole(text);
    whole += '\n';
    put(std::move(whole));
}

int Talk::overflow(int c) {
    if (c == traits_type::eof()) return traits_type::not_eof(c);
    const char byte = traits_type::to_char_type(c);
    xsputn(&byte, 1);
    return c;
}

std::streamsize Talk::xsputn(const char* bytes, std::streamsize count) {
    begun_.append(bytes, static_cast<std::size_t>(count));
    const std::size_t end = begun_.rfind('\n');
    if (end == std::string::npos) return count;
    std::string rest = begun_.substr(end + 1);
    begun_.resize(end + 1);
    put(std::exchange(begun_, std::move(rest)));
    return count;
}

int Talk::sync() {
    if (!begun_.empty()) put(std::exchange(begun_, {}));
    return !queue_ || queue_->flush(kFlush) ? 0 : -1;
}

void Talk::put(std::string text) {
    if (queue_) return queue_->text(std::move(text));
    const std::lock_guard lock(mutex_);
    to_ << text << std::flush;
}

}  // namespace sni::cli
