#include "lab/tls/hello_sniffer.h"

#include <cassert>

namespace sni::tls {

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
    return verdict_ = read_client_hello(message_.subspan(kHeader), dot_, hello);
}

void HelloSniffer::keep() {
    if (held_.empty()) held_.assign(seen_.begin(), seen_.end());
    seen_ = held_;
}

}  // namespace sni::tls
