#include "certs/openssl.h"

#include <limits>

#include <fmt/format.h>
#include <openssl/err.h>

#include "lab/core/codes.h"
#include "lab/core/diagnostic.h"

namespace sni::certs {

std::string drain_errors() {
    std::string text;
    const char* data = nullptr;
    int flags = 0;
    while (const unsigned long error =
               ERR_get_error_all(nullptr, nullptr, nullptr, &data, &flags)) {
        const char* reason = ERR_reason_error_string(error);
        if (!text.empty()) text += "; ";
        text += reason != nullptr ? std::string(reason) : fmt::format("error {:08x}", error);
        const bool has_data = (flags & ERR_TXT_STRING) != 0 && data != nullptr && *data != '\0';
        if (has_data) text += fmt::format(" ({})", data);
    }
    return text;
}

void throw_openssl(std::string_view what) {
    throw Failure(Exit::machine, code::kOpenSsl, fmt::format("OpenSSL could not {}", what),
                  drain_errors());
}

BioPtr reader_of(std::string_view text) {
    if (text.size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) {
        throw_openssl("read more than 2 GiB at once");
    }
    // A null pointer means "no buffer" to OpenSSL, also for an empty text.
    const char* data = text.data() != nullptr ? text.data() : "";
    return BioPtr(check(BIO_new_mem_buf(data, static_cast<int>(text.size())), "read from memory"));
}

std::string text_of(BIO* memory) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(memory, &data);
    return size > 0 ? std::string(data, static_cast<std::size_t>(size)) : std::string();
}

}  // namespace sni::certs
