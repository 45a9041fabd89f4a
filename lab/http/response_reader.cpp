#include "lab/http/response_reader.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "lab/core/dns_name.h"
#include "lab/core/encoding.h"
#include "lab/http/lines.h"

namespace sni::http {

namespace {

constexpr std::size_t kHeadLimit = 64u << 10;
constexpr int kInterimLimit = 16;

std::optional<std::size_t> number(std::string_view digits, int base) {
    std::size_t value = 0;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
    if (digits.empty() || error != std::errc{} || end != digits.data() + digits.size())
        return std::nullopt;
    return value;
}

/// "HTTP/1." a digit, a space and three digits, and behind them a space or nothing (RFC 9112 §4).
std::optional<int> status_of(std::string_view line) {
    constexpr std::size_t kWhole = 12;
    if (line.size() < kWhole || !line.starts_with("HTTP/1.") || line[8] != ' ') return std::nullopt;
    if (line[7] < '0' || line[7] > '9') return std::nullopt;
    if (line.size() > kWhole && line[kWhole] != ' ') return std::nullopt;
    const auto status = number(line.substr(9, 3), 10);
    if (!status || *status < 100) return std::nullopt;
    return static_cast<int>(*status);
}

/// The one length that all Content-Length headers agree on, lists in them too; nothing: they do
/// not, or one is no number (RFC 9112 §6.3).
std::optional<std::size_t> agreed_length(const ParsedResponse& response) {
    std::optional<std::size_t> agreed;
    for (const auto& [name, value] : response.headers) {
        if (name != "content-length") continue;
        ListElements lengths(value);
        while (const auto element = lengths.next()) {
            const auto length = number(*element, 10);
            if (!length || (agreed && *agreed != *length)) return std::nullopt;
            agreed = length;
        }
    }
    return agreed;
}

/// A CR or LF that is half a line's end, or a NUL: other readers take it for the end of something
/// (RFC 9112 §2.2, RFC 9110 §5.5).
bool has_stray_controls(std::string_view head) {
    while (const auto line = take_whole_line(head)) {
        if (line->find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos)
            return true;
    }
    return false;
}

}  // namespace

std::optional<std::string> ParsedResponse::header(std::string_view name) const {
    const auto found =
        std::ranges::find(headers, name, &std::pair<std::string, std::string>::first);
    if (found == headers.end()) return std::nullopt;
    return found->second;
}

ResponseReader::State ResponseReader::feed(std::string_view bytes) {
    buffer_ += bytes;
    return advance();
}

ResponseReader::State ResponseReader::end() {
    if (framing_ != Framing::until_end) return broken("the connection ended inside the response");
    response_.body = std::move(buffer_);
    return State::whole;
}

ResponseReader::State ResponseReader::advance() {
    while (framing_ == Framing::head) {
        const State state = read_head();
        if (state != State::whole) return state;
    }
    if (framing_ == Framing::chunked) return read_chunks();
    const std::size_t have = buffer_.size();
    if (framing_ == Framing::until_end) {
        return have > body_limit_ ? more_than_is_read("the body is too large") : State::need_more;
    }
    if (have < length_) return State::need_more;
    response_.body = buffer_.substr(0, length_);
    return State::whole;
}

/// whole: the head is, and framing_ says how the body is framed (still head after an interim
/// response).
ResponseReader::State ResponseReader::read_head() {
    const std::size_t head_end = buffer_.find("\r\n\r\n");
    if (std::min(head_end, buffer_.size()) > kHeadLimit)
        return more_than_is_read("the head is larger than 64 KiB");
    if (head_end == std::string::npos) return State::need_more;
    std::string_view head = std::string_view(buffer_).substr(0, head_end + 2);
    if (has_stray_controls(head)) return broken("a line break or a NUL inside a line of the head");

    const std::string_view status_line = take_whole_line(head).value_or("");
    const auto status = status_of(status_line);
    if (!status) {
        return broken(
            fmt::format("\"{}\" is no HTTP/1.1 status line", printable(status_line.substr(0, 60))));
    }
    response_ = ParsedResponse{
        .status = *status,
        .reason = std::string(status_line.size() > 13 ? status_line.substr(13) : "")};
    while (const auto line = take_whole_line(head)) {
        const std::size_t colon = line->find(':');
        if (colon == 0 || colon == std::string_view::npos)
            return broken("a header without a colon");
        response_.headers.emplace_back(to_lower_ascii(line->substr(0, colon)),
                                       trim(line->substr(colon + 1)));
    }
    buffer_.erase(0, head_end + 4);

    const auto coding = response_.header("transfer-encoding");
    const auto codings = std::ranges::count(response_.headers, "transfer-encoding",
                                            &std::pair<std::string, std::string>::first);
    const auto length = response_.header("content-length");
    const bool bodiless = response_.status == 204 || response_.status == 304;
    if (response_.status < 200) {
        return ++interim_ > kInterimLimit ? broken("endless interim responses") : State::whole;
    }
    if (coding) {
        if (to_lower_ascii(*coding) != "chunked" || codings > 1 || length)
            return broken("a framing that is not chunked alone");
        framing_ = Framing::chunked;
    } else if (length || bodiless) {
        const auto count = bodiless ? std::size_t{0} : agreed_length(response_);
        if (!count) return broken("a Content-Length that is no number, or two that differ");
        if (*count > body_limit_)
            return more_than_is_read(
                fmt::format("a body of {} bytes; at most {} are read", *count, body_limit_));
        framing_ = Framing::length;
        length_ = *count;
    } else {
        framing_ = Framing::until_end;
    }
    return State::whole;
}

ResponseReader::State ResponseReader::read_chunks() {
    for (;;) {
        std::string_view rest = buffer_;
        const auto size_line = take_whole_line(rest);
        if (!size_line)
            return buffer_.size() > 1024 ? broken("an endless chunk size") : State::need_more;
        const auto size = number(trim(size_line->substr(0, size_line->find(';'))), 16);
        if (!size) return broken("a bad chunk size");
        if (*size > body_limit_ || response_.body.size() + *size > body_limit_)
            return more_than_is_read("the body is too large");
        if (*size == 0) {
            while (const auto trailer = take_whole_line(rest)) {
                if (trailer->empty()) return State::whole;
            }
            return buffer_.size() > kHeadLimit ? more_than_is_read("endless trailers")
                                               : State::need_more;
        }
        if (rest.size() < *size + 2) return State::need_more;
        if (rest.substr(*size, 2) != "\r\n") return broken("a chunk longer than its size");
        response_.body += rest.substr(0, *size);
        buffer_.erase(0, buffer_.size() - rest.size() + *size + 2);
    }
}

ResponseReader::State ResponseReader::more_than_is_read(std::string why) {
    too_long_ = true;
    return broken(std::move(why));
}

ResponseReader::State ResponseReader::broken(std::string why) {
    error_ = std::move(why);
    return State::broken;
}

}  // namespace sni::http
