#include "lab/router/session_record.h"

#include <algorithm>

#include "lab/tls/hello_view.h"

namespace sni::router {

void keep_hello(const tls::ClientHello& hello, SessionRecord& record) {
    record.sni = hello.name_to_keep();
    const std::size_t sent = hello.server_name_sent.value_or("").size();
    record.sni_more = static_cast<std::uint32_t>(sent - std::min(sent, kKeptBytes));
    std::size_t kept = 0;
    tls::each_alpn_name(hello.alpn, [&](Bytes name) {
        kept += name.size();
        const bool room = record.alpn_more == 0 && record.alpn.size() < kKeptNames;
        if (room && kept <= kKeptBytes) {
            record.alpn.emplace_back(as_text(name));
        } else {
            ++record.alpn_more;
        }
    });
    record.ech_offered = hello.ech_offered;
}

std::string_view to_string(Outcome outcome) {
    switch (outcome) {
        case Outcome::routed:
            return "routed";
        case Outcome::no_sni:
            return "no_sni";
        case Outcome::no_route:
            return "no_route";
        case Outcome::not_tls:
            return "not_tls";
        case Outcome::ssl_v2:
            return "ssl_v2";
        case Outcome::bad_version:
            return "bad_version";
        case Outcome::record_overflow:
            return "record_overflow";
        case Outcome::unexpected_message:
            return "unexpected_message";
        case Outcome::hello_too_large:
            return "hello_too_large";
        case Outcome::malformed:
            return "malformed";
        case Outcome::duplicate:
            return "duplicate";
        case Outcome::bad_name:
            return "bad_name";
        case Outcome::unroutable_name:
            return "unroutable_name";
        case Outcome::no_proxy_header:
            return "no_proxy_header";
        case Outcome::bad_proxy_header:
            return "bad_proxy_header";
        case Outcome::hello_timeout:
            return "hello_timeout";
        case Outcome::crowded_out:
            return "crowded_out";
        case Outcome::client_left:
            return "client_left";
        case Outcome::client_reset:
            return "client_reset";
        case Outcome::backend_down:
            return "backend_down";
        case Outcome::backend_timeout:
            return "backend_timeout";
        case Outcome::no_descriptors:
            return "no_descriptors";
        case Outcome::failed:
            return "failed";
        case Outcome::cut:
            break;
    }
    return "cut";
}

}  // namespace sni::router
