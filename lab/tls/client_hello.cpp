#include "lab/tls/client_hello.h"

#include <bitset>
#include <memory>

#include "lab/core/endpoint.h"
#include "lab/tls/code_points.h"
#include "lab/tls/hello_view.h"

namespace sni::tls {

namespace {

/// Tells a type that comes twice. Hellos have some twenty of them; one that has thousands pays for
/// a table, and nobody else does.
class TypesSeen {
  public:
    /// False when `type` was there before.
    bool add(std::uint16_t type) {
        if (!all_ && count_ < first_.size()) {
            const auto end = first_.begin() + count_;
            if (std::find(first_.begin(), end, type) != end) return false;
            first_[count_++] = type;
            return true;
        }
        if (!all_) {
            all_ = std::make_unique<std::bitset<65536>>();
            for (const std::uint16_t each : first_) {
                all_->set(each);
            }
        }
        if (all_->test(type)) return false;
        all_->set(type);
        return true;
    }

  private:
    std::array<std::uint16_t, 64> first_;
    std::uint8_t count_ = 0;
    std::unique_ptr<std::bitset<65536>> all_;
};

Verdict read_server_name(Bytes data, TrailingDot dot, ClientHello& hello);
bool is_alpn(Bytes data);
bool is_supported_versions(Bytes data);

}  // namespace

Verdict read_client_hello(Bytes body, TrailingDot dot, ClientHello& hello) {
    const HelloView view = view_hello(body);
    if (!view.framed || view.session_id.size() > 32 || view.cipher_suites.size() < 2 ||
        view.cipher_suites.size() % 2 != 0 || view.compression.empty()) {
        return Verdict::malformed;
    }
    hello.listed_bytes = view.cipher_suites.size();
    // A bad name is told only when everything else is in order: framing errors come first.
    Verdict name = Verdict::hello;
    TypesSeen seen;
    ByteReader extensions(view.extensions);
    while (const auto extension = next_extension(extensions)) {
        const auto [type, data] = *extension;
        if (!seen.add(type)) return Verdict::duplicate;
        hello.listed_bytes += sizeof type;
        if (type == extension::kServerName) {
            name = read_server_name(data, dot, hello);
            if (name == Verdict::malformed || name == Verdict::duplicate) return name;
        } else if (type == extension::kAlpn) {
            if (!is_alpn(data)) return Verdict::malformed;
            hello.alpn = data;
            hello.listed_bytes += data.size();
        } else if (type == extension::kSupportedVersions) {
            if (!is_supported_versions(data)) return Verdict::malformed;
        } else if (type == extension::kSignatureAlgorithms) {
            hello.listed_bytes += data.size();
        } else if (type == extension::kEncryptedClientHello) {
            hello.ech_offered = true;
        }
    }
    return extensions.ok() ? name : Verdict::malformed;
}

namespace {

/// One host_name that fills the list, and that a DNS name can be.
Verdict read_server_name(Bytes data, TrailingDot dot, ClientHello& hello) {
    const ServerNames names = read_server_names(data);
    if (!names.host || names.host->empty()) return Verdict::malformed;
    hello.server_name_sent = as_text(*names.host);
    if (!names.framed || names.others > 0 || names.empty_host) return Verdict::malformed;
    if (names.hosts > 1) return Verdict::duplicate;
    std::string_view text = *hello.server_name_sent;
    if (dot == TrailingDot::strip && text.ends_with('.')) text.remove_suffix(1);
    DnsNameBuffer buffer;
    const auto name = read_dns_name(text, buffer);
    if (name) {
        hello.server_name.emplace(*name);
        return Verdict::hello;
    }
    const bool unroutable = name.error() == DnsNameError::trailing_dot || is_ip_literal(text);
    return unroutable ? Verdict::unroutable_name : Verdict::bad_name;
}

/// At least one name, each of 1 to 255 bytes.
bool is_alpn(Bytes data) {
    bool some = false;
    bool none_empty = true;
    const bool framed = each_alpn_name(data, [&](Bytes name) {
        some = true;
        none_empty = none_empty && !name.empty();
    });
    return framed && some && none_empty;
}

/// RFC 8446 §4.2.1, as a client sends it: u8 list length, then at least one version.
bool is_supported_versions(Bytes data) {
    ByteReader reader(data);
    const ByteReader list = reader.vec8();
    return reader.done() && !list.empty() && list.size() % 2 == 0;
}

}  // namespace

}  // namespace sni::tls
