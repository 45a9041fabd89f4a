#include "lab/tls/hello_sniffer.h"

#include <cassert>

namespace sni::tls {

namespace {

Verdict verdict_of(HelloError error) {
    switch (error) {
        case HelloError::malformed:
            return Verdict::malformed;
        case HelloError::duplicate:
            return Verdict::duplicate;
        case HelloError::bad_name:
            return Verdict::bad_name;
        case HelloError::unroutable_name:
            break;
    }
    return Verdict::unroutable_name;
}

}  // namespace

Verdict HelloSniffer::feed(Bytes more) {
    assert(verdict_ == Verdict::need_more && "the verdict is final");
    if (held_.empty()) {
        seen_ = more;
    } else {
        held_.insert(held_.end(), more.begin(), more.end());
        seen_ = held_;
    }
    verdict_ = scanner_.advance(seen_);
    if (verdict_ == Verdict::need_more) keep();
    if (verdict_ != Verdict::hello) return verdict_;
    message_ = scanner_.message(seen_);
    ClientHello& hello = hello_.emplace();
    constexpr std::size_t kHeader = 4;
    const auto error = read_client_hello(message_.subspan(kHeader), dot_, hello);
    return verdict_ = error ? verdict_of(*error) : Verdict::hello;
}

void HelloSniffer::keep() {
    if (held_.empty()) held_.assign(seen_.begin(), seen_.end());
    seen_ = held_;
}

}  // namespace sni::tls
