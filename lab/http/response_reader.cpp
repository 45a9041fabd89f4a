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
/// What every status line begins with, before the digit of the version.
constexpr std::string_view kVersion = "HTTP/1.";

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
    if (line.size() < kWhole || !line.starts_with(kVersion) || line[8] != ' ') return std::nullopt;
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

/// What the line before a chunk says, without its extensions (RFC 9112 §7.1).
std::optional<std::size_t> chunk_size(std::string_view line) {
    return number(trim(line.substr(0, line.find(';'))), 16);
}

/// A CR before which no line ends, or a NUL: other readers take it for the end of something
/// (RFC 9112 §2.2, RFC 9110 §5.5).
bool has_stray_controls(std::string_view head) {
    while (!head.empty()) {
        if (take_line(head).find_first_of(std::string_view("\r\0", 2)) != std::string_view::npos)
            return true;
    }
    return false;
}

/// Behind the empty line after a head; npos: it has not come.
std::size_t end_of_head(std::string_view text) {
    for (std::size_t at = text.find('\n'); at != std::string_view::npos;
         at = text.find('\n', at + 1)) {
        const std::string_view next = text.substr(at + 1, 2);
        if (next.starts_with('\n')) return at + 2;
        if (next == "\r\n") return at + 3;
    }
    return std::string_view::npos;
}

/// A line that begins with white space belongs to the one before, with a space between (RFC 9112
/// §5.2).
void unfold(std::string& value, std::string_view line) {
    const std::string_view more = trim(line);
    if (!value.empty() && !more.empty()) value += ' ';
    value += more;
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

ResponseReader::State ResponseReader::end(bool orderly) {
    if (!begun_ && !buffer_.starts_with(kVersion) && !kVersion.starts_with(buffer_)) {
        std::string_view rest = buffer_;
        return no_status_line(take_line(rest));
    }
    if (framing_ != Framing::until_end) return broken("the connection ended inside the response");
    if (!orderly) return broken("without close_notify nothing says that this is all of it");
    response_.body = std::move(buffer_);
    return State::whole;
}

std::optional<ParsedResponse> ResponseReader::begun() const {
    if (!begun_) return std::nullopt;
    ParsedResponse begun = response_;
    std::string_view rest = framing_ == Framing::head ? "" : std::string_view(buffer_);
    if (framing_ == Framing::chunked) {
        const auto size_line = take_whole_line(rest);
        rest = rest.substr(0, size_line ? chunk_size(*size_line).value_or(0) : 0);
    }
    begun.body += rest;
    return begun;
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
    const std::size_t head_end = end_of_head(buffer_);
    if (std::min(head_end, buffer_.size()) > kHeadLimit)
        return more_than_is_read("the head is larger than 64 KiB");
    // One whole line shows that it is another protocol, which may say no more before it is asked.
    std::string_view head = std::string_view(buffer_).substr(0, head_end);
    if (!head.contains('\n')) return State::need_more;
    const bool stray = has_stray_controls(head);
    const std::string_view status_line = take_line(head);
    const auto status = status_of(status_line);
    if (!status) return no_status_line(status_line);
    if (head_end == std::string::npos) return State::need_more;
    if (stray) return broken("a line break or a NUL inside a line of the head");

    response_ = ParsedResponse{
        .minor = status_line[kVersion.size()] - '0',
        .status = *status,
        .reason = std::string(status_line.size() > 13 ? status_line.substr(13) : "")};
    auto& headers = response_.headers;
    for (auto line = take_line(head); !line.empty(); line = take_line(head)) {
        const std::size_t colon = line.find(':');
        const bool folded = line.starts_with(' ') || line.starts_with('\t');
        if (folded && !headers.empty()) {
            unfold(headers.back().second, line);
        } else if (folded || colon == 0 || colon == std::string_view::npos) {
            return broken("a header without a colon");
        } else {
            headers.emplace_back(to_lower_ascii(line.substr(0, colon)),
                                 trim(line.substr(colon + 1)));
        }
    }
    buffer_.erase(0, head_end);
    return read_framing();
}

ResponseReader::State ResponseReader::read_framing() {
    constexpr int kSwitchingProtocols = 101;
    const auto coding = response_.header("transfer-encoding");
    const auto codings = std::ranges::count(response_.headers, "transfer-encoding",
                                            &std::pair<std::string, std::string>::first);
    const auto length = response_.header("content-length");
    const bool last = response_.status == kSwitchingProtocols;
    const bool bodiless = last || response_.status == 204 || response_.status == 304;
    if (response_.status < 200 && !last) {
        return ++interim_ > kInterimLimit ? broken("endless interim responses") : State::whole;
    }
    begun_ = true;
    if (coding && !bodiless) {
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
        response_.until_end = true;
    }
    return State::whole;
}

ResponseReader::State ResponseReader::read_chunks() {
    for (;;) {
        std::string_view rest = buffer_;
        const auto size_line = take_whole_line(rest);
        if (!size_line)
            return buffer_.size() > 1024 ? broken("an endless chunk size") : State::need_more;
        const auto size = chunk_size(*size_line);
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

ResponseReader::State ResponseReader::no_status_line(std::string_view line) {
    no_http_ = true;
    return broken(fmt::format("\"{}\" is no HTTP/1.1 status line", printable(line.substr(0, 60))));
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
