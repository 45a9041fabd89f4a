#include "tests/sim/backend/answers.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace sni::sim {

namespace {

constexpr int kContinue = 100;
constexpr int kSwitching = 101;

std::uint64_t number(std::string_view text, int base = 10) {
    std::uint64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value, base);
    return value;
}

/// Said by whoever sends it, of the connection and of the time, and not by who answers.
bool is_of_delivery(std::string_view name) {
    return name == "Date" || name == "Server" || name == "Connection" || name == "Content-Length" ||
           name == "Transfer-Encoding";
}

http::Headers sorted(const http::Headers& headers) {
    http::Headers left;
    std::ranges::copy_if(headers, std::back_inserter(left),
                         [](const auto& each) { return !is_of_delivery(each.name); });
    std::ranges::sort(left, {}, [](const auto& each) { return std::pair(each.name, each.value); });
    return left;
}

}  // namespace

void AnswerReader::fail(std::string what) {
    if (wrong_.empty()) wrong_ = std::move(what);
}

void AnswerReader::take(std::size_t count) {
    buffer_.erase(0, count);
    answer_.bytes += count;
}

void AnswerReader::hear(std::string_view bytes) {
    buffer_ += bytes;
    while (wrong_.empty() && step()) {
    }
}

/// False when more bytes are needed.
bool AnswerReader::step() {
    switch (stage_) {
        case Stage::head:
            return read_head();
        case Stage::length:
        case Stage::chunk:
        case Stage::until_end:
            return read_body();
        case Stage::chunk_size:
            return read_chunk_size();
        case Stage::trailers:
            return read_trailers();
        case Stage::talk:
            return talk();
    }
    return false;
}

bool AnswerReader::read_fields(std::string_view lines, http::Headers& into) {
    while (!lines.empty()) {
        const std::string_view line = lines.substr(0, lines.find("\r\n"));
        lines.remove_prefix(std::min(line.size() + 2, lines.size()));
        const std::size_t colon = line.find(": ");
        if (colon == std::string_view::npos) return fail("a header line is none"), false;
        into.push_back({std::string(line.substr(0, colon)), std::string(line.substr(colon + 2))});
    }
    return true;
}

bool AnswerReader::read_head() {
    if (buffer_.empty()) return false;
    if (at_ == asks_.size() || closed_) return fail("an answer that nobody asked for"), false;
    const std::size_t end = buffer_.find("\r\n\r\n");
    if (end == std::string::npos) return false;
    const std::string_view head(buffer_.data(), end + 2);
    const std::string_view line = head.substr(0, head.find("\r\n"));
    if (!line.starts_with("HTTP/1.1 ")) return fail("what comes is no answer"), false;
    const int status = static_cast<int>(number(line.substr(9, 3)));
    if (status == kContinue) {
        if (!asks_[at_].expects || continued_ > at_) fail("a 100 that nobody waits for");
        continued_ = at_ + 1;
        buffer_.erase(0, end + 4);
        return true;
    }
    http::Headers headers;
    if (!read_fields(head.substr(line.size() + 2), headers)) return false;
    answer_.status = status;
    take(end + 4);
    judge_head(status, headers);
    return wrong_.empty();
}

void AnswerReader::judge_head(int status, const http::Headers& headers) {
    const Ask& ask = asks_[at_];
    if (ask.fault && !rules_.may_refuse(at_, status))
        return fail(fmt::format("{} is answered with {}", ask.about, status));
    answer_.refused = status != ask.status || ask.refused;
    if (status != ask.status && !rules_.may_refuse(at_, status))
        return fail(fmt::format("{} is answered with {}, not {}", ask.about, status, ask.status));
    if (!answer_.refused) rules_.comes(at_, false);
    if (!answer_.refused && sorted(headers) != sorted(ask.headers))
        return fail(fmt::format("the answer to {} has other headers", ask.about));
    answer_closes_ = http::has_token(headers, "Connection", "close");
    constexpr int kFailed = 500;
    if ((ask.closes || (answer_.refused && status != kFailed)) && !answer_closes_)
        return fail(fmt::format("the answer to {} does not say that it is the last", ask.about));
    const std::string* const length = http::find_header(headers, "Content-Length");
    const bool chunked = http::has_token(headers, "Transfer-Encoding", "chunked");
    left_ = length ? number(*length) : 0;
    if (!answer_.refused && length && left_ != ask.content.size())
        return fail(fmt::format("{} is answered with {} bytes", ask.about, left_));
    if (status == kSwitching) {
        answer_closes_ = false;
        return finish_answer();
    }
    // Whoever waits in vain for the rest of a head has not heard that it is HEAD.
    constexpr int kTooSlow = 408;
    const bool heard = !answer_.refused || status != kTooSlow;
    if ((ask.head_only && heard) || !http::may_have_body(status)) {
        left_ = 0;
        stage_ = Stage::length;
    } else {
        stage_ = length ? Stage::length : chunked ? Stage::chunk_size : Stage::until_end;
    }
    if (stage_ == Stage::until_end && !ask.until_end)
        return fail(fmt::format("nobody can tell where the answer to {} ends", ask.about));
    if (stage_ == Stage::length && left_ == 0) finish_answer();
}

bool AnswerReader::read_body() {
    if (buffer_.empty()) return false;
    const std::size_t count = stage_ == Stage::until_end
                                  ? buffer_.size()
                                  : std::min<std::uint64_t>(left_, buffer_.size());
    content_ += std::string_view(buffer_).substr(0, count);
    take(count);
    left_ -= std::min<std::uint64_t>(left_, count);
    if (stage_ == Stage::until_end || left_ > 0) return true;
    if (stage_ == Stage::length) {
        finish_answer();
        return true;
    }
    // Behind each chunk there is a line end.
    stage_ = Stage::chunk_size;
    return true;
}

bool AnswerReader::take_line(std::string_view& line) {
    const std::size_t end = buffer_.find("\r\n");
    if (end == std::string::npos) return false;
    line = std::string_view(buffer_).substr(0, end);
    return true;
}

bool AnswerReader::read_chunk_size() {
    std::string_view line;
    if (!take_line(line)) return false;
    if (line.empty() && !content_.empty() && answer_.bytes > 0) {
        take(2);  // behind a chunk
        return true;
    }
    if (line.empty()) return fail("an empty line is no chunk"), false;
    left_ = number(line, 16);
    take(line.size() + 2);
    stage_ = left_ == 0 ? Stage::trailers : Stage::chunk;
    return true;
}

bool AnswerReader::read_trailers() {
    const bool none = buffer_.starts_with("\r\n");
    const std::size_t end = none ? 0 : buffer_.find("\r\n\r\n");
    if (end == std::string::npos || buffer_.size() < 2) return false;
    http::Headers trailers;
    if (!none && !read_fields(std::string_view(buffer_).substr(0, end + 2), trailers)) return false;
    take(none ? 2 : end + 4);
    const Ask& ask = asks_[at_];
    if (!answer_.refused && !ask.trailers.empty() && trailers != ask.trailers)
        return fail(fmt::format("the answer to {} has other trailers", ask.about)), false;
    finish_answer();
    return true;
}

void AnswerReader::finish_answer() {
    const Ask& ask = asks_[at_];
    if (!answer_.refused && !ask.head_only && content_ != ask.content)
        return fail(fmt::format("the answer to {} is another one", ask.about));
    if (!answer_.refused) rules_.comes(at_, true);
    answered_.push_back(answer_);
    closed_ = closed_ || answer_closes_;
    content_.clear();
    stage_ = Stage::head;
    const bool talks = ask.talks && !answer_.refused;
    answer_ = {};
    if (talks) {
        stage_ = Stage::talk;
    } else {
        ++at_;
    }
}

/// The echo, as far as it comes, and perhaps a goodbye at the end of a frame.
bool AnswerReader::talk() {
    static constexpr std::string_view kGoingAway = "\x88\x02\x03\xE9";
    const std::string_view echo = asks_[at_].echo;
    talked_ += std::exchange(buffer_, {});
    const std::string_view talked = talked_;
    if (echo.starts_with(talked)) return false;
    for (std::size_t ahead = std::min(talked.size(), kGoingAway.size()); ahead > 0; --ahead) {
        const std::size_t said = talked.size() - ahead;
        if (!kGoingAway.starts_with(talked.substr(said)) ||
            !echo.starts_with(talked.substr(0, said)))
            continue;
        if (rules_.may_leave()) return false;
    }
    fail("a conversation hears what nobody said");
    return false;
}

void AnswerReader::end(Ending ending) {
    if (!wrong_.empty() || stage_ == Stage::talk || at_ == asks_.size()) return;
    const Ask& ask = asks_[at_];
    if (answer_.refused) return;
    if (!ask.content.starts_with(content_))
        return fail(fmt::format("the answer to {} has other bytes", ask.about));
    if (stage_ != Stage::until_end) return;
    if (ending != Ending::clean) return;
    if (content_ != ask.content)
        return fail(fmt::format("the answer to {} was cut, and looks whole", ask.about));
    answer_closes_ = true;
    finish_answer();
}

}  // namespace sni::sim
