#include <nlohmann/json.hpp>

#include "certs/digest.h"
#include "lab/httpbin/handlers.h"
#include "lab/tls/hello_facts.h"
#include "lab/tls/ja4.h"

namespace sni::httpbin {

using nlohmann::json;

/// The ClientHello as it arrived here: behind a gateway that ends TLS it is the gateway's.
Response tls_hello(const Exchange& exchange) {
    const session::FirstFlight& flight = exchange.connection.first_flight;
    const std::vector<tls::HelloFacts> hellos = tls::describe_hellos(flight.bytes());
    if (hellos.empty()) return json_response({{"hello", nullptr}});
    const tls::HelloFacts& hello = hellos.front();
    constexpr std::size_t kRecordHeader = 5;
    const std::size_t wire_bytes = hello.message_bytes + kRecordHeader * hello.records;
    const std::string ja3 = tls::ja3_text(hello);
    const auto ja3_digest = certs::md5_hex(as_bytes(ja3));
    return json_response({
        {"hello", to_json(hello)},
        // There is a second one when the first had no key share that the server can use.
        {"second_hello", hellos.size() > 1 ? to_json(hellos[1]) : json(nullptr)},
        {"wire_bytes", wire_bytes},
        {"arrivals", flight.arrivals(wire_bytes)},
        {"ja3", ja3_digest ? json(*ja3_digest) : json(nullptr)},
        {"ja3_text", ja3},
        {"ja4", tls::ja4(hello, certs::sha256)},
        {"ja4_raw", tls::ja4_raw(hello)},
    });
}

}  // namespace sni::httpbin
