// What both ends of a connection show in the clear, read by those who only look: no crash, bounded
// memory, and the same facts whatever pieces the bytes come in.
#include "lab/tls/server_hello.h"

#include <algorithm>
#include <optional>

#include "lab/tls/first_bytes.h"
#include "lab/tls/hello_facts.h"
#include "lab/tls/hello_recorder.h"
#include "tests/fuzz/require.h"

namespace {

using namespace sni;
using test::require;

template <class Reader>
Reader fed(Bytes bytes, std::size_t step) {
    Reader reader;
    while (!bytes.empty()) {
        const Bytes piece = bytes.first(std::min(step, bytes.size()));
        reader.feed(piece);
        bytes = bytes.subspan(piece.size());
        // Two frames that are not whole, and what their vectors keep free.
        require(reader.held() <= (1u << 18), "it keeps more than it may");
    }
    return reader;
}

bool same(const tls::ServerFacts& a, const tls::ServerFacts& b) {
    return a.version == b.version && a.cipher_suite == b.cipher_suite && a.group == b.group &&
           a.pre_shared_key == b.pre_shared_key &&
           a.extended_master_secret == b.extended_master_secret && a.full == b.full &&
           a.session_ticket == b.session_ticket && a.message == b.message;
}

bool same(const tls::HelloRecorder& a, const tls::HelloRecorder& b) {
    return std::ranges::equal(a.hellos(), b.hellos(), [](const auto& one, const auto& other) {
        return one.message == other.message && one.records == other.records;
    });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const Bytes bytes = std::as_bytes(std::span(data, size));
    const std::size_t all = std::max<std::size_t>(size, 1);
    const auto server = fed<tls::ServerHelloReader>(bytes, all);
    const auto client = fed<tls::HelloRecorder>(bytes, all);
    for (const std::size_t step : {std::size_t{1}, std::size_t{7}}) {
        const auto pieces = fed<tls::ServerHelloReader>(bytes, step);
        require(server.facts().has_value() == pieces.facts().has_value() &&
                    (!server.facts() || same(*server.facts(), *pieces.facts())),
                "it matters how the server's bytes were cut");
        require(same(client, fed<tls::HelloRecorder>(bytes, step)),
                "it matters how the client's bytes were cut");
    }
    require(client.hellos().size() <= 2, "more hellos than a client sends");
    for (const tls::HelloRecorder::Hello& hello : client.hellos()) {
        const auto facts = tls::describe_hello(hello.message);
        require(!facts || facts->message_bytes == hello.message.size(),
                "a hello of another length");
    }
    require(tls::describe_hellos(bytes).size() <= 2, "more hellos than a client sends");
    require(!tls::spoken_in(bytes).empty(), "bytes that nobody has a word for");
    return 0;
}
