#include "lab/http/body_decoder.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "lab/core/encoding.h"

namespace sni::http {

namespace {

constexpr std::size_t kLineLimit = 4096;          // a chunk extension or a trailer line
constexpr std::size_t kTrailerLimit = 16u << 10;  // all trailers together

Refusal too_large(std::size_t limit) {
    return {413, fmt::format("the body has more than {} bytes", limit)};
}

}  // namespace

BodyDecoder::BodyDecoder(Framing framing, std::size_t limit)
    : chunked_(framing.chunked),
      limit_(limit),
      state_(framing.chunked       ? State::size_line
             : framing.length == 0 ? State::complete
                                   : State::data),
      left_(framing.length) {}

Result<bool, Refusal> BodyDecoder::feed(std::string_view& wire) {
    if (left_ > limit_) return std::unexpected(too_large(limit_));
    while (state_ != State::complete && !wire.empty()) {
        if (state_ == State::data) {
            const std::string_view part =
                wire.substr(0, std::min<std::uint64_t>(left_, wire.size()));
            body_ += part;
            left_ -= part.size();
            wire.remove_prefix(part.size());
            if (left_ == 0) state_ = chunked_ ? State::data_end : State::complete;
        } else if (const auto whole = feed_line(wire); !whole) {
            return std::unexpected(whole.error());
        }
    }
    return state_ == State::complete;
}

/// True when a line was completed and acted upon.
Result<bool, Refusal> BodyDecoder::feed_line(std::string_view& wire) {
    const std::size_t newline = wire.find('\n');
    const bool whole = newline != std::string_view::npos;
    const std::string_view part = wire.substr(0, whole ? newline + 1 : newline);
    if (line_.size() + part.size() > kLineLimit) return refuse(400, "a chunk line without end");
    line_ += part;
    wire.remove_prefix(part.size());
    if (!whole) return false;
    if (!line_.ends_with("\r\n")) return refuse(400, "a chunk line that does not end in CRLF");
    line_.resize(line_.size() - 2);
    if (const auto acted = end_of_line(line_); !acted) return std::unexpected(acted.error());
    line_.clear();
    return true;
}

Result<void, Refusal> BodyDecoder::end_of_line(std::string_view line) {
    switch (state_) {
        case State::size_line:
            return parse_size(line);
        case State::data_end:
            if (!line.empty()) return refuse(400, "a chunk longer than its size");
            state_ = State::size_line;
            return {};
        case State::trailers:
            trailer_bytes_ += line.size();
            if (trailer_bytes_ > kTrailerLimit) return refuse(431, "trailers without end");
            if (line.empty()) {
                state_ = State::complete;
            } else if (const auto field = parse_field_line(line); !field) {
                return std::unexpected(field.error());
            }
            return {};
        case State::data:
        case State::complete:
            break;
    }
    return {};
}

Result<void, Refusal> BodyDecoder::parse_size(std::string_view line) {
    std::uint64_t size = 0;
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), size, 16);
    const std::string_view behind = line.substr(static_cast<std::size_t>(end - line.data()));
    const std::size_t extension = behind.find_first_not_of(" \t");
    const bool nothing_else =
        behind.empty() || (extension != std::string_view::npos && behind[extension] == ';');
    const bool control = std::ranges::any_of(behind, [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return (byte < 0x20 && c != '\t') || byte == 0x7F;
    });
    if (error == std::errc::result_out_of_range) return std::unexpected(too_large(limit_));
    if (error != std::errc{} || !nothing_else || control) {
        return refuse(400, fmt::format("\"{}\" is no chunk size", printable(line.substr(0, 60))));
    }
    if (size > limit_ - std::min(limit_, body_.size())) return std::unexpected(too_large(limit_));
    left_ = size;
    state_ = size == 0 ? State::trailers : State::data;
    return {};
}

}  // namespace sni::http
