#include "lab/session/tls_stream.h"

#include <cerrno>

#include <openssl/err.h>
#include <openssl/ssl.h>

namespace sni::session {

namespace {

/// What is left of another session on this thread must not be taken for this one's.
void forget_errors() {
    ERR_clear_error();
    errno = 0;
}

}  // namespace

bool TlsFailure::truncated() const {
    if (error == 0) return system_error == 0;
    return ERR_GET_LIB(error) == ERR_LIB_SSL &&
           ERR_GET_REASON(error) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
}

std::optional<std::uint8_t> TlsFailure::alert() const {
    const int reason = ERR_GET_REASON(error);
    if (ERR_GET_LIB(error) != ERR_LIB_SSL || reason <= SSL_AD_REASON_OFFSET ||
        reason > SSL_AD_REASON_OFFSET + 255) {
        return std::nullopt;
    }
    return static_cast<std::uint8_t>(reason - SSL_AD_REASON_OFFSET);
}

bool TlsFailure::not_tls() const {
    const int reason = ERR_GET_REASON(error);
    return ERR_GET_LIB(error) == ERR_LIB_SSL &&
           (reason == SSL_R_WRONG_VERSION_NUMBER || reason == SSL_R_HTTP_REQUEST ||
            reason == SSL_R_PACKET_LENGTH_TOO_LONG);
}

const char* TlsFailure::reason() const {
    return error == 0 ? nullptr : ERR_reason_error_string(error);
}

TlsStream::Io TlsStream::handshake() {
    forget_errors();
    return outcome(SSL_do_handshake(ssl_));
}

TlsStream::Io TlsStream::read(std::span<char> into, std::size_t& got) {
    forget_errors();
    return outcome(SSL_read_ex(ssl_, into.data(), into.size(), &got));
}

TlsStream::Io TlsStream::write(std::string_view from, std::size_t& taken) {
    forget_errors();
    return outcome(SSL_write_ex(ssl_, from.data(), from.size(), &taken));
}

TlsStream::Io TlsStream::shutdown() {
    if (failed_ || !SSL_is_init_finished(ssl_)) return Io::failed;
    forget_errors();
    const int result = SSL_shutdown(ssl_);
    if (result == 0) return Io::done;
    return result == 1 ? Io::ended : outcome(result);
}

TlsStream::Io TlsStream::outcome(int result) {
    if (result > 0) return Io::done;
    const int system_error = errno;
    switch (SSL_get_error(ssl_, result)) {
        case SSL_ERROR_WANT_READ:
            return Io::want_read;
        case SSL_ERROR_WANT_WRITE:
            return Io::want_write;
        case SSL_ERROR_ZERO_RETURN:
            return Io::ended;
        default:
            failed_ = true;
            failure_.error = ERR_get_error();
            failure_.system_error = failure_.error == 0 ? system_error : 0;
            ERR_clear_error();
            return Io::failed;
    }
}

}  // namespace sni::session
