#include "lab/proof/evidence.h"

namespace sni::proof {

std::string_view to_string(Stage stage) {
    switch (stage) {
        case Stage::connect:
            return "connect";
        case Stage::handshake:
            return "handshake";
        case Stage::request:
            return "request";
        case Stage::proof:
            break;
    }
    return "proof";
}

std::string_view to_string(Break how) {
    switch (how) {
        case Break::refused:
            return "refused";
        case Break::unreachable:
            return "unreachable";
        case Break::timed_out:
            return "timed_out";
        case Break::reset:
            return "reset";
        case Break::closed:
            return "closed";
        case Break::alert:
            return "alert";
        case Break::not_tls:
            return "not_tls";
        case Break::tls_error:
            return "tls_error";
        case Break::bad_http:
            return "bad_http";
        case Break::too_long:
            break;
    }
    return "too_long";
}

const Statement* statement_in(const ProofAnswer& answer) {
    if (const auto* other = std::get_if<OtherIdentity>(&answer)) return &other->statement;
    return std::get_if<Statement>(&answer);
}

}  // namespace sni::proof
