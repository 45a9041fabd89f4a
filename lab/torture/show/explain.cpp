#include "lab/torture/show/explain.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "lab/core/encoding.h"
#include "lab/tls/code_points.h"
#include "lab/tls/first_bytes.h"
#include "lab/tls/names.h"
#include "lab/torture/show/hello_fields.h"

namespace sni::torture {

namespace {

constexpr std::size_t kHeader = 5;
constexpr std::size_t kMostRecord = 16'384;

std::string type_name(std::uint8_t type) {
    switch (type) {
        case tls::content_type::kChangeCipherSpec:
            return "change_cipher_spec";
        case tls::content_type::kAlert:
            return "alert";
        case tls::content_type::kHandshake:
            return "handshake";
        case tls::content_type::kApplicationData:
            return "application_data";
        default:
            return fmt::format("type {}", type);
    }
}

/// The records up to the message's last byte, and where each byte of that was sent.
class Records {
  public:
    explicit Records(Bytes wire) : wire_(wire) {}

    std::vector<Field> read() {
        while (!whole() && fault_at_ == 0 && at_ < wire_.size()) {
            one();
        }
        if (at_ < wire_.size() && fault_at_ == 0) {
            fields_.push_back({at_, wire_.subspan(at_), 0,
                               fmt::format("{} bytes behind the hello", wire_.size() - at_), "",
                               ""});
        }
        return std::move(fields_);
    }
    const Buffer& message() const { return message_; }
    const std::vector<std::size_t>& places() const { return places_; }
    bool faulty() const { return fault_at_ > 0; }

  private:
    /// The message says so, as far as it is there.
    bool whole() const {
        if (message_.size() < 4) return false;
        ByteReader reader{Bytes(message_).subspan(1)};
        return message_.size() >= 4 + reader.u24();
    }

    void one() {
        const Bytes rest = wire_.subspan(at_);
        if (rest.size() < kHeader) {
            return add(rest, fmt::format("{} bytes of a record's header", rest.size()),
                       "the client ends here");
        }
        ByteReader reader(rest);
        const std::uint8_t type = reader.u8();
        const std::uint16_t version = reader.u16();
        const std::size_t length = reader.u16();
        const std::string text =
            fmt::format("record: {}, version {:04x}, {} bytes", type_name(type), version, length);
        const Bytes body = rest.subspan(kHeader, std::min(length, rest.size() - kHeader));
        add(rest.first(kHeader), text, fault_of(type, version, length, rest));
        if (fault_at_ > 0) return;
        message_.insert(message_.end(), body.begin(), body.end());
        for (std::size_t i = 0; i < body.size(); ++i) {
            places_.push_back(at_ + kHeader + i);
        }
        at_ += kHeader + body.size();
    }

    std::string fault_of(std::uint8_t type, std::uint16_t version, std::size_t length,
                         Bytes rest) const {
        const bool first = at_ == 0;
        if (type != tls::content_type::kHandshake) {
            const std::string_view spoken = tls::spoken_in(rest);
            if (first && spoken != "tls" && spoken != "binary" && spoken != "text")
                return fmt::format("no TLS: this is {}", spoken);
            return fmt::format("a hello is of type handshake (22){}",
                               first ? "" : ", and nothing may stand between its records");
        }
        if (version >> 8 != 3) return "the version of a record begins with 3";
        if (length == 0) return "no handshake record may be empty";
        if (length > kMostRecord) return fmt::format("no record holds more than {}", kMostRecord);
        return "";
    }

    void add(Bytes bytes, std::string text, std::string fault) {
        if (!fault.empty()) fault_at_ = at_ + 1;
        fields_.push_back({at_, bytes, 0, std::move(text), "RFC 8446 §5.1", std::move(fault)});
    }

    Bytes wire_;
    std::size_t at_ = 0;
    std::size_t fault_at_ = 0;  ///< one more; 0: there is none
    Buffer message_;
    std::vector<std::size_t> places_;
    std::vector<Field> fields_;
};

std::string line(const Field& field) {
    constexpr std::size_t kShown = 8;
    const std::string hex = to_hex(field.bytes.first(std::min(kShown, field.bytes.size()))) +
                            (field.bytes.size() > kShown ? "…" : "");
    std::string text =
        fmt::format("{:06x}  {:<18}{:{}}{}{}\n", field.at, hex, "", 2 * field.depth, field.text,
                    field.source.empty() ? "" : "  (" + field.source + ")");
    if (!field.fault.empty()) text += fmt::format("        ^ {}\n", field.fault);
    return text;
}

}  // namespace

std::string explain(const Shape& shape) {
    const Buffer wire = shape.wire();
    Records records(wire);
    std::vector<Field> fields = records.read();
    if (!records.faulty() || !records.message().empty()) {
        std::vector<Field> inside = fields_of(records.message(), records.places());
        // A record that is wrong explains why the message is not whole.
        if (records.faulty() && !inside.empty()) inside.back().fault.clear();
        fields.insert(fields.end(), inside.begin(), inside.end());
    }
    std::string text = fmt::format("{}: {}\n{}, {}\n\n", shape.name, printable(shape.about),
                                   to_string(shape.rule), shape.source);
    for (const Field& field : fields) {
        text += line(field);
    }
    const bool pointed_at =
        std::ranges::any_of(fields, [](const Field& field) { return !field.fault.empty(); });
    if (shape.rule == Rule::must_refuse && !pointed_at) {
        fmt::format_to(std::back_inserter(text), "        ^ {}\n", printable(shape.about));
    }
    return text;
}

}  // namespace sni::torture
