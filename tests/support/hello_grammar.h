// A second reader of a client's first bytes, slow and plain: the grammar of RFC 8446 §5.1, §4 and
// §4.1.2, RFC 6066 §3, RFC 7301 §3.1 and RFC 8446 §4.2.1, written down once more. It shares no code
// with the first one, which is compared with it.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <arpa/inet.h>

namespace sni::test {

/// What the bytes so far are, in the words of the router's log.
struct HelloReading {
    std::string_view verdict = "need_more";
    std::optional<std::string> sni;  ///< in lower case; only of a hello
    std::vector<std::string> alpn;   ///< only of a hello
    bool operator==(const HelloReading&) const = default;
};

class HelloGrammar {
  public:
    /// `limit` bounds the hello's body.
    explicit HelloGrammar(std::size_t limit) : limit_(limit) {}

    /// Takes the octets one by one, and stops at the one that decides.
    HelloReading read(std::string_view wire) {
        for (const char octet : wire) {
            if (!header_is_whole()) {
                header_ += octet;
                read_record_header();
            } else {
                message_ += octet;
                if (--fragment_ == 0) {
                    header_.clear();
                    ++records_;
                }
                read_message();
            }
            if (reading_.verdict != "need_more") break;
        }
        return reading_;
    }

  private:
    using Octets = std::string_view;

    static std::size_t uint(Octets octets) {
        std::size_t value = 0;
        for (const char octet : octets) {
            value = value * 256 + static_cast<unsigned char>(octet);
        }
        return value;
    }

    /// The front of a struct, field by field. A field that does not fit spoils all behind it.
    class Struct {
      public:
        explicit Struct(Octets octets) : left_(octets) {}

        /// opaque field[size], or a number of that size.
        Octets fixed(std::size_t size) {
            if (left_.size() < size) fits_ = false;
            if (!fits_) return {};
            const Octets field = left_.substr(0, size);
            left_.remove_prefix(size);
            return field;
        }
        /// opaque field<least..most>, whose length is written with `width` octets.
        Octets vector(std::size_t width, std::size_t least, std::size_t most) {
            const std::size_t size = uint(fixed(width));
            if (size < least || size > most) fits_ = false;
            return fixed(size);
        }
        bool more() const { return fits_ && !left_.empty(); }
        bool fits() const { return fits_; }
        /// Nothing stands behind the last field.
        bool ends() const { return fits_ && left_.empty(); }

      private:
        Octets left_;
        bool fits_ = true;
    };

    static constexpr std::size_t k8 = 0xFF;
    static constexpr std::size_t k16 = 0xFFFF;

    // struct {
    //     ContentType type;
    //     ProtocolVersion legacy_record_version;
    //     uint16 length;
    //     opaque fragment[TLSPlaintext.length];
    // } TLSPlaintext;
    bool header_is_whole() const { return header_.size() == 5; }

    void read_record_header() {
        const std::size_t type = uint(Octets(header_).substr(0, 1));
        const bool may_be_ssl2 = records_ == 0 && type >= 0x80;  // RFC 5246 §E.2
        if (type != 22 && may_be_ssl2) {
            if (header_.size() < 3) return;
            return refuse(header_[2] == 1 ? "ssl_v2" : "not_tls");
        }
        if (type != 22) return refuse(records_ == 0 ? "not_tls" : "unexpected_message");
        if (header_.size() >= 2 && header_[1] != 3) return refuse("bad_version");
        if (!header_is_whole()) return;
        fragment_ = uint(Octets(header_).substr(3));
        if (fragment_ > 16'384) return refuse("record_overflow");
        // "Implementations MUST NOT send zero-length fragments of Handshake types."
        if (fragment_ == 0) return refuse("unexpected_message");
    }

    // struct {
    //     HandshakeType msg_type;
    //     uint24 length;
    //     ClientHello;
    // } Handshake;
    void read_message() {
        if (message_[0] != 1) return refuse("unexpected_message");
        if (message_.size() < 4) return;
        const std::size_t length = uint(Octets(message_).substr(1, 3));
        if (length > limit_) return refuse("hello_too_large");
        if (message_.size() == 4 + length) read_client_hello(Octets(message_).substr(4));
    }

    // struct {
    //     ProtocolVersion legacy_version;
    //     Random random;
    //     opaque legacy_session_id<0..32>;
    //     CipherSuite cipher_suites<2..2^16-2>;
    //     opaque legacy_compression_methods<1..2^8-1>;
    //     Extension extensions<8..2^16-1>;
    // } ClientHello;
    void read_client_hello(Octets octets) {
        Struct hello(octets);
        hello.fixed(2);
        hello.fixed(32);
        hello.vector(1, 0, 32);
        const Octets suites = hello.vector(2, 2, k16 - 1);
        hello.vector(1, 1, k8);
        // Before TLS 1.3 there may be fewer, down to no such field (RFC 5246 §7.4.1.2).
        const Octets extensions = hello.more() ? hello.vector(2, 0, k16) : Octets();
        if (!hello.ends() || suites.size() % 2 != 0) return refuse("malformed");
        reading_.verdict = "hello";
        read_extensions(extensions);
    }

    // struct {
    //     ExtensionType extension_type;
    //     opaque extension_data<0..2^16-1>;
    // } Extension;
    // "There MUST NOT be more than one extension of the same type in a given extension block."
    void read_extensions(Octets octets) {
        Struct extensions(octets);
        std::set<std::size_t> types;
        std::string_view name = "hello";
        while (extensions.more()) {
            const std::size_t type = uint(extensions.fixed(2));
            const Octets data = extensions.vector(2, 0, k16);
            if (!extensions.fits()) return refuse("malformed");
            if (!types.insert(type).second) return refuse("duplicate");
            if (type == 0) name = read_server_name_list(data);
            if (type == 16) read_protocol_name_list(data);
            if (type == 43) read_supported_versions(data);
            if (name == "malformed" || name == "duplicate") return refuse(name);
            if (reading_.verdict != "hello") return;
        }
        if (name != "hello")
            refuse(name);  // the host's name is asked for when all the rest is right
    }

    // struct {
    //     NameType name_type;                          host_name(0)
    //     select (name_type) {
    //         case host_name: HostName;                opaque HostName<1..2^16-1>
    //     } name;
    // } ServerName;
    // struct { ServerName server_name_list<1..2^16-1> } ServerNameList;
    // "MUST NOT contain more than one name of the same name_type."
    std::string_view read_server_name_list(Octets data) {
        Struct extension(data);
        Struct list(extension.vector(2, 1, k16));
        std::vector<Octets> hosts;
        bool right = extension.ends();
        while (list.more()) {
            right = right && uint(list.fixed(1)) == 0;
            hosts.push_back(list.vector(2, 1, k16));
        }
        if (!right || !list.ends()) return "malformed";
        return hosts.size() > 1 ? "duplicate" : read_host_name(hosts.front());
    }

    /// "a byte string using ASCII encoding without a trailing dot", in which "literal IPv4 and IPv6
    /// addresses are not permitted"; a DNS name by RFC 1035 §2.3.1, with what is in real use beside
    /// it: labels that begin with a digit or end with a hyphen, and underscores.
    std::string_view read_host_name(Octets octets) {
        if (is_address(octets)) return "unroutable_name";
        if (octets.size() > 253) return "bad_name";
        const bool dot_behind = octets.ends_with('.');
        std::string name(octets.substr(0, octets.size() - (dot_behind ? 1 : 0)));
        std::size_t label = 0;
        for (std::size_t at = 0; at <= name.size(); ++at) {
            if (at == name.size() || name[at] == '.') {
                const std::string_view text = Octets(name).substr(label, at - label);
                if (text.empty() || text.size() > 63 || text.front() == '-') return "bad_name";
                label = at + 1;
                continue;
            }
            char& c = name[at];
            if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
            const bool lower = c >= 'a' && c <= 'z';
            const bool digit = c >= '0' && c <= '9';
            if (!lower && !digit && c != '-' && c != '_') return "bad_name";
        }
        if (dot_behind) return "unroutable_name";
        reading_.sni = std::move(name);
        return "hello";
    }

    /// Also in brackets, as it stands in a URI.
    static bool is_address(Octets octets) {
        if (octets.starts_with('[') && octets.ends_with(']'))
            octets = octets.substr(1, octets.size() - 2);
        if (octets.contains('\0')) return false;
        const std::string text(octets);
        std::array<unsigned char, 16> address;
        return inet_pton(AF_INET, text.c_str(), address.data()) == 1 ||
               inet_pton(AF_INET6, text.c_str(), address.data()) == 1;
    }

    // opaque ProtocolName<1..2^8-1>;
    // struct { ProtocolName protocol_name_list<2..2^16-1> } ProtocolNameList;
    void read_protocol_name_list(Octets data) {
        Struct extension(data);
        Struct list(extension.vector(2, 2, k16));
        while (list.more()) {
            reading_.alpn.emplace_back(list.vector(1, 1, k8));
        }
        if (!extension.ends() || !list.ends()) refuse("malformed");
    }

    // struct { ProtocolVersion versions<2..254>; } SupportedVersions, as a client sends it
    void read_supported_versions(Octets data) {
        Struct extension(data);
        const Octets versions = extension.vector(1, 2, 254);
        if (!extension.ends() || versions.size() % 2 != 0) refuse("malformed");
    }

    void refuse(std::string_view verdict) {
        reading_ = {.verdict = verdict, .sni = {}, .alpn = {}};
    }

    std::size_t limit_;
    std::string header_;        ///< of the record that is read
    std::size_t fragment_ = 0;  ///< octets of it that have not come
    std::size_t records_ = 0;   ///< before it
    std::string message_;
    HelloReading reading_;
};

/// Of all of `wire`.
inline HelloReading read_by_grammar(std::string_view wire, std::size_t limit) {
    return HelloGrammar(limit).read(wire);
}

}  // namespace sni::test
