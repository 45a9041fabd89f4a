#include "lab/tls/alert.h"

namespace sni::tls {

std::string_view to_string(Alert alert) {
    switch (alert) {
        case Alert::unexpected_message:
            return "unexpected_message";
        case Alert::record_overflow:
            return "record_overflow";
        case Alert::illegal_parameter:
            return "illegal_parameter";
        case Alert::decode_error:
            return "decode_error";
        case Alert::protocol_version:
            return "protocol_version";
        case Alert::internal_error:
            return "internal_error";
        case Alert::missing_extension:
            return "missing_extension";
        case Alert::unrecognized_name:
            break;
    }
    return "unrecognized_name";
}

std::array<std::byte, 7> alert_record(Alert alert) {
    constexpr std::byte kAlertType{21};
    constexpr std::byte kFatal{2};
    return {kAlertType,
            std::byte{3},
            std::byte{3},
            std::byte{0},
            std::byte{2},
            kFatal,
            std::byte{static_cast<std::uint8_t>(alert)}};
}

}  // namespace sni::tls
