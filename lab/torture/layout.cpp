#include "lab/torture/layout.h"

#include <algorithm>
#include <cstdint>

#include "lab/tls/code_points.h"
#include "lab/tls/names.h"

namespace sni::torture {

namespace {

/// Goes through the hello, and writes down each field that it passes.
class Surveyor {
  public:
    explicit Surveyor(Bytes wire) : wire_(wire) {}

    Layout run() {
        take("mid-record-header", 3);
        vector_of("record", 2);
        take("message-type", 1);
        layout_.lengths.push_back({"message", at_, 3});
        take("mid-message-length", 2);
        take("message-header", 1);
        take("version", 2);
        take("mid-random", 16);
        take("random", 16);
        whole_vector("session-id", 1);
        whole_vector("cipher-suites", 2);
        whole_vector("compression", 1);
        vector_of("extensions", 2);
        while (at_ < wire_.size()) {
            one_extension();
        }
        layout_.borders.pop_back();  // the end of the hello
        return std::move(layout_);
    }

  private:
    void take(const std::string& name, std::size_t count) {
        at_ += count;
        layout_.borders.push_back({name, at_});
    }
    /// The length alone; what it counts.
    std::size_t vector_of(const std::string& name, std::size_t width, bool framing = true) {
        layout_.lengths.push_back({name, at_, width, framing});
        take(name + "-length", width);
        return layout_.lengths.back().value(wire_);
    }
    void whole_vector(const std::string& name, std::size_t width) {
        take(name, vector_of(name, width));
    }

    void one_extension() {
        const std::uint16_t type = ByteReader(wire_.subspan(at_, 2)).u16();
        std::string name = type == tls::extension::kServerName ? "sni" : tls::extension_name(type);
        std::ranges::replace(name, '_', '-');
        take(name + "-type", 2);
        const std::size_t length = vector_of(name + "-extension", 2);
        const std::size_t end = at_ + length;
        if (type == tls::extension::kServerName) {
            server_name();
            return;
        }
        inner_lists(name, type);
        take(name, end - at_);
    }
    void server_name() {
        vector_of("sni-list", 2);
        take("sni-name-type", 1);
        const std::size_t length = vector_of("sni-name", 2);
        const std::size_t start = at_;
        const auto take_until = [&](const std::string& name, std::size_t letters) {
            take(name, start + letters - at_);
        };
        take_until("sni-first-letter", 1);
        take_until("mid-sni", std::max<std::size_t>(1, length / 2));
        take_until("sni-but-one-letter", std::max<std::size_t>(1, length - 1));
        take_until("sni", length);
    }
    void inner_lists(const std::string& name, std::uint16_t type) {
        if (type == tls::extension::kAlpn) {
            vector_of(name + "-list", 2);
            vector_of(name + "-first", 1);
        } else if (type == tls::extension::kSupportedVersions) {
            vector_of(name + "-list", 1);
        } else if (type == tls::extension::kPskModes) {
            vector_of(name + "-list", 1, false);
        } else if (type == tls::extension::kSupportedGroups ||
                   type == tls::extension::kSignatureAlgorithms ||
                   type == tls::extension::kKeyShare) {
            vector_of(name + "-list", 2, false);
        }
    }

    Bytes wire_;
    std::size_t at_ = 0;
    Layout layout_;
};

}  // namespace

std::size_t LengthField::value(Bytes wire) const {
    std::size_t value = 0;
    for (const std::byte byte : wire.subspan(at, width)) {
        value = value << 8 | std::to_integer<std::size_t>(byte);
    }
    return value;
}

Layout layout_of(Bytes wire) {
    return Surveyor(wire).run();
}

}  // namespace sni::torture
