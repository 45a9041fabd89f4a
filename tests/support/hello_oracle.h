// A second, slower reader of a client's first bytes: written after the RFCs alone, over whole
// inputs, by offsets, and sharing no code with the first.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace sni::test {

/// What a strict reading of the whole input says.
struct Reading {
    enum { incomplete, refused, hello } what = incomplete;
    std::string name;  // empty: none
};

class Oracle {
  public:
    Oracle(std::string_view input, std::size_t limit) : input_(input), limit_(limit) {}

    Reading read() const {
        std::string message;
        std::size_t at = 0;
        for (;;) {
            if (message.size() >= 1 && message[0] != 1) return {Reading::refused, {}};
            if (message.size() >= 4) {
                const std::size_t body = big(message, 1, 3);
                if (body > limit_) return {Reading::refused, {}};
                if (message.size() >= 4 + body) return read_body(message.substr(4, body));
            }
            if (at >= input_.size()) return {};
            if (byte(input_, at) != 22) return first_byte_is_wrong(at);
            if (at + 1 < input_.size() && byte(input_, at + 1) != 3) return {Reading::refused, {}};
            if (at + 5 > input_.size()) return {};
            const std::size_t length = big(input_, at + 3, 2);
            if (length == 0 || length > 16'384) return {Reading::refused, {}};
            // substr stops at the end of the input, as a record that is still coming does.
            message += input_.substr(at + 5, length);
            at += 5 + length;
        }
    }

  private:
    static unsigned byte(std::string_view text, std::size_t at) {
        return static_cast<unsigned char>(text[at]);
    }
    static std::size_t big(std::string_view text, std::size_t at, std::size_t width) {
        std::size_t value = 0;
        for (std::size_t i = 0; i < width; ++i)
            value = value * 256 + byte(text, at + i);
        return value;
    }

    Reading first_byte_is_wrong(std::size_t at) const {
        const bool may_be_ssl2 = at == 0 && byte(input_, 0) >= 128 && input_.size() < 3;
        return {may_be_ssl2 ? Reading::incomplete : Reading::refused, {}};
    }

    static Reading read_body(std::string_view body) {
        const Reading refused{Reading::refused, {}};
        std::size_t at = 34;  // version, random
        if (body.size() < at + 1) return refused;
        const std::size_t session = byte(body, at);
        at += 1 + session;
        if (session > 32 || body.size() < at + 2) return refused;
        const std::size_t suites = big(body, at, 2);
        at += 2 + suites;
        if (suites == 0 || suites % 2 == 1 || body.size() < at + 1) return refused;
        const std::size_t compressions = byte(body, at);
        at += 1 + compressions;
        if (compressions == 0 || body.size() < at) return refused;
        if (body.size() == at) return {Reading::hello, {}};
        if (body.size() < at + 2 || body.size() != at + 2 + big(body, at, 2)) return refused;
        at += 2;

        std::set<std::size_t> types;
        std::string name;
        while (at < body.size()) {
            if (body.size() - at < 4) return refused;
            const std::size_t type = big(body, at, 2);
            const std::size_t length = big(body, at + 2, 2);
            if (body.size() - at - 4 < length || !types.insert(type).second) return refused;
            const std::string_view data = body.substr(at + 4, length);
            if (type == 0) {
                const auto host = read_name(data);
                if (!host) return refused;
                name = *host;
            }
            if (type == 16 && !alpn_is_right(data)) return refused;
            if (type == 43 && (length < 3 || length % 2 == 0 || byte(data, 0) != length - 1)) {
                return refused;
            }
            at += 4 + length;
        }
        return {Reading::hello, name};
    }

    static std::optional<std::string> read_name(std::string_view data) {
        if (data.size() < 6 || big(data, 0, 2) != data.size() - 2 || byte(data, 2) != 0 ||
            big(data, 3, 2) != data.size() - 5) {
            return std::nullopt;
        }
        std::string name(data.substr(5));
        if (name.size() > 253) return std::nullopt;
        std::size_t label = 0;
        bool only_numbers = true;
        int dots = 0;
        for (std::size_t i = 0; i < name.size(); ++i) {
            const char c = name[i];
            if (c == '.') {
                if (label == 0) return std::nullopt;
                label = 0;
                ++dots;
                continue;
            }
            const bool allowed = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                                 (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
            if (!allowed || (c == '-' && label == 0) || ++label > 63) return std::nullopt;
            if (c < '0' || c > '9') only_numbers = false;
            if (c >= 'A' && c <= 'Z') name[i] = static_cast<char>(c + 32);
        }
        if (label == 0) return std::nullopt;
        if (only_numbers && dots == 3 && is_ipv4(name)) return std::nullopt;
        return name;
    }

    /// Four numbers up to 255 without leading zeros, as inet_pton(3) takes them.
    static bool is_ipv4(const std::string& name) {
        std::size_t at = 0;
        for (int part = 0; part < 4; ++part) {
            const std::size_t end = std::min(name.find('.', at), name.size());
            const std::string digits = name.substr(at, end - at);
            if (digits.size() > 3 || std::atoi(digits.c_str()) > 255) return false;
            if (digits.size() > 1 && digits[0] == '0') return false;
            at = end + 1;
        }
        return true;
    }

    static bool alpn_is_right(std::string_view data) {
        if (data.size() < 4 || big(data, 0, 2) != data.size() - 2) return false;
        std::size_t at = 2;
        while (at < data.size()) {
            const std::size_t length = byte(data, at);
            if (length == 0 || data.size() - at - 1 < length) return false;
            at += 1 + length;
        }
        return true;
    }

    std::string_view input_;
    std::size_t limit_;
};

}  // namespace sni::test
