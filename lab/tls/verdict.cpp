#include "lab/tls/verdict.h"

namespace sni::tls {

std::string_view to_string(Verdict verdict) {
    switch (verdict) {
        case Verdict::need_more:
            return "need_more";
        case Verdict::hello:
            return "hello";
        case Verdict::not_tls:
            return "not_tls";
        case Verdict::ssl_v2:
            return "ssl_v2";
        case Verdict::bad_version:
            return "bad_version";
        case Verdict::record_overflow:
            return "record_overflow";
        case Verdict::unexpected_message:
            return "unexpected_message";
        case Verdict::hello_too_large:
            return "hello_too_large";
        case Verdict::malformed:
            return "malformed";
        case Verdict::duplicate:
            return "duplicate";
        case Verdict::bad_name:
            return "bad_name";
        case Verdict::unroutable_name:
            break;
    }
    return "unroutable_name";
}

std::optional<Alert> alert_for(Verdict refusal) {
    switch (refusal) {
        case Verdict::need_more:
        case Verdict::hello:
        case Verdict::not_tls:
            break;
        case Verdict::ssl_v2:
        case Verdict::bad_version:
            return Alert::protocol_version;
        case Verdict::record_overflow:
            return Alert::record_overflow;
        case Verdict::unexpected_message:
            return Alert::unexpected_message;
        case Verdict::hello_too_large:
            return Alert::illegal_parameter;  // as OpenSSL says it to an excessive message size
        case Verdict::malformed:
        case Verdict::bad_name:
            return Alert::decode_error;
        case Verdict::duplicate:
            return Alert::illegal_parameter;
        case Verdict::unroutable_name:
            return Alert::unrecognized_name;
    }
    return std::nullopt;
}

}  // namespace sni::tls
