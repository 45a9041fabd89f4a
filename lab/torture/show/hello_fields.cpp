#include "lab/torture/show/hello_fields.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <set>

#include <fmt/format.h>

#include "lab/core/dns_name.h"
#include "lab/core/encoding.h"
#include "lab/tls/cipher_suites.h"
#include "lab/tls/code_points.h"
#include "lab/tls/names.h"

namespace sni::torture {

namespace {

constexpr const char* kHello = "RFC 8446 §4.1.2";

class HelloReader {
  public:
    HelloReader(Bytes message, const std::vector<std::size_t>& places)
        : message_(message), places_(places) {}

    std::vector<Field> read() {
        header();
        if (!failed_) body();
        return std::move(fields_);
    }

  private:
    using Name = std::string (*)(std::uint16_t);

    std::size_t value(std::size_t at, std::size_t width) const {
        std::size_t number = 0;
        for (const std::byte byte : message_.subspan(at, width)) {
            number = number << 8 | std::to_integer<std::size_t>(byte);
        }
        return number;
    }
    Field& add(std::size_t count, std::string text, const char* source = "") {
        const std::size_t here = places_.empty() ? 0 : places_[std::min(at_, places_.size() - 1)];
        fields_.push_back({here, message_.subspan(at_, std::min(count, message_.size() - at_)),
                           depth_, std::move(text), source, ""});
        at_ += std::min(count, message_.size() - at_);
        return fields_.back();
    }
    void fault(std::string words) {
        if (!failed_) fields_.back().fault = std::move(words);
        failed_ = true;
    }
    /// False, and a fault, when `count` bytes are not left before `end`.
    bool has(std::size_t count, std::size_t end, const std::string& name, const char* source = "") {
        if (failed_) return false;
        if (at_ + count <= end) return true;
        const std::size_t left = end - at_;
        add(left, name, source);
        fault(fmt::format("{} bytes belong here, {} are left", count, left));
        return false;
    }
    /// A field of fixed size.
    void fixed(std::size_t count, std::size_t end, const std::string& name,
               const char* source = "") {
        if (has(count, end, name, source)) add(count, name, source);
    }
    /// A vector's length; where it ends, or where it is cut off by what it is in.
    std::size_t vector(std::size_t width, std::size_t end, const std::string& name,
                       const char* source = "") {
        if (!has(width, end, name, source)) return at_;
        const std::size_t length = value(at_, width);
        add(width, fmt::format("{}: {} bytes", name, length), source);
        if (at_ + length > end) fault(fmt::format("only {} are left here", end - at_));
        return std::min(end, at_ + length);
    }
    void filled(std::size_t end, const std::string& name) {
        if (failed_ || at_ >= end) return;
        add(end - at_, fmt::format("{} bytes behind {}", end - at_, name));
        fault("nothing belongs here");
    }

    void header() {
        if (!has(4, message_.size(), "handshake message's header", "RFC 8446 §4")) return;
        const std::size_t type = value(0, 1);
        const std::size_t length = value(1, 3);
        add(4, fmt::format("handshake message of type {}: {} bytes", type, length), "RFC 8446 §4");
        if (type != tls::handshake_type::kClientHello) return fault("a ClientHello is of type 1");
        end_ = std::min(message_.size(), 4 + length);
        cut_off_ = message_.size() < 4 + length;
    }

    void body() {
        ++depth_;
        fixed(2, end_, fmt::format("legacy_version {}", version_here()), kHello);
        fixed(32, end_, "random", kHello);
        whole(1, "legacy_session_id", 0, 32, 1);
        numbers(2, "cipher_suites", 2, tls::cipher_suite_name);
        whole(1, "legacy_compression_methods", 1, 255, 1);
        if (failed_ || at_ == end_) return cut_off();
        const std::size_t end = vector(2, end_, "extensions", "RFC 8446 §4.2");
        ++depth_;
        while (!failed_ && at_ < end) {
            extension(end);
        }
        --depth_;
        filled(end_, "the extensions");
        cut_off();
    }
    void cut_off() {
        if (!failed_ && cut_off_) fault("the client ends here, before the message does");
    }
    std::string version_here() const {
        return at_ + 2 <= end_ ? tls::version_name(static_cast<std::uint16_t>(value(at_, 2))) : "";
    }
    /// A vector whose content is one field, between so many bytes and in steps.
    void whole(std::size_t width, const std::string& name, std::size_t least, std::size_t most,
               std::size_t step) {
        const std::size_t end = vector(width, end_, name, kHello);
        if (failed_) return;
        const std::size_t size = end - at_;
        if (size < least || size > most || size % step != 0) {
            return fault(fmt::format("it has {} to {} bytes", least, most));
        }
        if (size > 0) add(size, name);
    }
    /// A vector of 16-bit numbers.
    void numbers(std::size_t width, const std::string& name, std::size_t least, Name words,
                 std::size_t within = 0) {
        const std::size_t end = vector(width, within ? within : end_, name, kHello);
        if (failed_) return;
        const std::size_t size = end - at_;
        if (size % 2 != 0) return fault("each has two bytes");
        if (size < least) return fault("there is at least one");
        std::string text;
        constexpr std::size_t kShown = 6;
        for (std::size_t i = 0; i < std::min(kShown, size / 2); ++i) {
            text += (i ? ", " : "") + words(static_cast<std::uint16_t>(value(at_ + 2 * i, 2)));
        }
        if (size / 2 > kShown) text += fmt::format(" and {} more", size / 2 - kShown);
        if (size > 0) add(size, text);
    }

    void extension(std::size_t list_end) {
        if (!has(4, list_end, "an extension's header")) return;
        const auto type = static_cast<std::uint16_t>(value(at_, 2));
        const std::size_t length = value(at_ + 2, 2);
        add(4, fmt::format("extension {} ({}): {} bytes", tls::extension_name(type), type, length));
        if (!types_.insert(type).second) return fault("no extension may come twice");
        if (at_ + length > list_end) return fault(fmt::format("only {} are left", list_end - at_));
        const std::size_t end = at_ + length;
        ++depth_;
        inside(type, end);
        --depth_;
    }
    void inside(std::uint16_t type, std::size_t end) {
        switch (type) {
            case tls::extension::kServerName:
                return server_names(end);
            case tls::extension::kAlpn:
                return protocols(end);
            case tls::extension::kSupportedVersions:
                numbers(1, "versions", 2, tls::version_name, end);
                return filled(end, "the list");
            case tls::extension::kSupportedGroups:
                numbers(2, "named_group_list", 2, tls::group_name, end);
                return filled(end, "the list");
            case tls::extension::kSignatureAlgorithms:
                numbers(2, "supported_signature_algorithms", 2, tls::signature_scheme_name, end);
                return filled(end, "the list");
            case tls::extension::kKeyShare:
                return key_shares(end);
            default:
                if (end > at_) add(end - at_, "its data");
        }
    }
    void server_names(std::size_t end) {
        const std::size_t list = vector(2, end, "server_name_list", "RFC 6066 §3");
        if (!failed_ && at_ == list) return fault("it holds at least one name");
        std::size_t hosts = 0;
        while (!failed_ && at_ < list) {
            if (!has(3, list, "a ServerName's header")) return;
            const std::size_t type = value(at_, 1);
            const std::size_t length = value(at_ + 1, 2);
            add(3, fmt::format("name of type {}: {} bytes", type, length));
            if (at_ + length > list) return fault(fmt::format("only {} are left", list - at_));
            if (length == 0) return fault("no name is empty");
            const std::string_view text = as_text(message_.subspan(at_, length));
            add(length, fmt::format("\"{}\"", printable(text.substr(0, 80))));
            if (type == 0 && ++hosts > 1) return fault("there is one host_name at most");
            if (const auto name = DnsName::parse(text); type == 0 && !name) {
                return fault(fmt::format("no host name: {}", to_string(name.error())));
            }
        }
        filled(end, "the list of names");
    }
    void protocols(std::size_t end) {
        const std::size_t list = vector(2, end, "protocol_name_list", "RFC 7301 §3.1");
        if (!failed_ && at_ == list) return fault("it holds at least one name");
        while (!failed_ && at_ < list) {
            const std::size_t length = value(at_, 1);
            if (!has(1 + length, list, "a protocol's name")) return;
            const std::string_view text = as_text(message_.subspan(at_ + 1, length));
            add(1 + length, fmt::format("\"{}\"", printable(text.substr(0, 40))));
            if (length == 0) return fault("no name is empty");
        }
        filled(end, "the list of protocols");
    }
    void key_shares(std::size_t end) {
        const std::size_t list = vector(2, end, "client_shares", "RFC 8446 §4.2.8");
        while (!failed_ && at_ < list) {
            if (!has(4, list, "a share's header")) return;
            const auto group = static_cast<std::uint16_t>(value(at_, 2));
            const std::size_t length = value(at_ + 2, 2);
            add(4, fmt::format("{}: {} bytes", tls::group_name(group), length));
            if (at_ + length > list) return fault(fmt::format("only {} are left", list - at_));
            if (length > 0) add(length, "key_exchange");
        }
        filled(end, "the list of shares");
    }

    Bytes message_;
    const std::vector<std::size_t>& places_;
    std::size_t at_ = 0;
    std::size_t end_ = 0;
    int depth_ = 0;
    bool cut_off_ = false;
    bool failed_ = false;
    std::set<std::uint16_t> types_;
    std::vector<Field> fields_;
};

}  // namespace

std::vector<Field> fields_of(Bytes message, const std::vector<std::size_t>& places) {
    return HelloReader(message, places).read();
}

}  // namespace sni::torture
