// What passes between a client and its service, read by who stands between them: a witness, and a
// gateway with the certificate's key. Each two bytes say who speaks (the first bit: the service)
// and for how many bytes. No crash, bounded memory, and what was read hangs on no read's length
// where TLS can be told from what comes before.
#include <algorithm>
#include <vector>

#include <nlohmann/json.hpp>

#include "certs/digest.h"
#include "lab/gateways/static_rsa_reader.h"
#include "lab/proof/witness_fields.h"
#include "lab/tls/code_points.h"
#include "lab/tls/hello_facts.h"
#include "lab/tls/ja4.h"
#include "lab/witness/handshake.h"
#include "tests/fuzz/require.h"

namespace {

using namespace sni;
using test::require;

/// Of nobody's certificate, and short, since each input may have something opened with it; the
/// corpus has conversations of a server that has it.
constexpr const char* kKey = R"(-----BEGIN PRIVATE KEY-----
MIIBUwIBADANBgkqhkiG9w0BAQEFAASCAT0wggE5AgEAAkEAtKtcfI9RNoFbkb0I
HdFqqvo+cPCd53pRVaeqZPVc4y9ZWIub2o9zuAZyiiGgCe/jZiD/PVKoleSYXaCj
UmlMGQIDAQABAkBV1CqlyfgM6rszqxfWAoyoGSXcxZJeS0+kX3ilaaLtEd7dG5JI
5DrOn78VNehsnXWjGRSj6RHUZcACjRHEfWHhAiEA4Fgso+i1fWOuvPJi4fNwF8yP
bbIbEy6j29N3IrxJV2UCIQDOKYu4clUSgl4kSvzoZY0t8/54Qnd1Usx3d9EoKkCY
pQIgSa1Lg80CBZr+IPltdg0vy/EXTYxHjgYsNB5/qr2xTG0CIFviRmSBiIsEUaMJ
TOjjAeY+PecpcIZ4zapdW3n0QvAFAiAM0f56UwnDD5IcPksDx0gFyIHe2oCRKzHI
Wr7q6b05Dg==
-----END PRIVATE KEY-----
)";

struct Said {
    bool by_service;
    Bytes bytes;
};

std::vector<Said> conversation(Bytes bytes) {
    std::vector<Said> all;
    ByteReader reader(bytes);
    while (reader.size() >= 2) {
        const std::uint16_t head = reader.u16();
        const std::size_t size = std::min<std::size_t>(head & 0x7FFF, reader.size());
        all.push_back({(head & 0x8000) != 0, reader.bytes(size)});
    }
    return all;
}

/// Calls `read` with what is said, in pieces of `step` bytes; 0: of as many as the bytes
/// themselves say.
template <class Read>
void in_pieces(const std::vector<Said>& all, std::size_t step, Read&& read) {
    for (Said said : all) {
        while (!said.bytes.empty()) {
            const auto own = std::to_integer<std::size_t>(said.bytes.front()) % 16 + 1;
            const Bytes piece =
                said.bytes.first(std::min(step == 0 ? own : step, said.bytes.size()));
            read(said.by_service, piece);
            said.bytes = said.bytes.subspan(piece.size());
        }
    }
}

proof::WitnessedSession witnessed(const std::vector<Said>& all, std::size_t step) {
    witness::Handshake handshake;
    in_pieces(all, step, [&](bool by_service, Bytes piece) {
        by_service ? handshake.down(piece) : handshake.up(piece);
        require(handshake.held() <= (1u << 19), "it keeps more than it may");
    });
    proof::WitnessedSession session;
    handshake.tell(session, [](Bytes message) {
        return tls::ja4(tls::describe_hello(message).value(), certs::sha256);
    });
    return session;
}

std::string overheard(const std::vector<Said>& all, std::size_t step) {
    static const certs::KeyPem key(kKey);
    gateways::StaticRsaReader reader(key);
    in_pieces(all, step, [&](bool by_service, Bytes piece) {
        by_service ? reader.from_backend(piece) : reader.from_client(piece);
    });
    return reader.overheard();
}

bool is_record(std::byte first) {
    const auto type = std::to_integer<std::uint8_t>(first);
    return type >= tls::content_type::kChangeCipherSpec &&
           type <= tls::content_type::kApplicationData;
}

/// TLS begins `before` bytes into what the client says, where nothing before it looks as if it did,
/// and the service's first word behind that is TLS as well.
bool is_told_apart(const std::vector<Said>& all, std::uint64_t before) {
    constexpr std::byte kHandshake{tls::content_type::kHandshake};
    constexpr std::size_t kTelling = 11;  // what a hello has to begin with, in the midst of a read
    std::uint64_t passed = 0;
    bool began = false;
    for (const auto& [by_service, bytes] : all) {
        if (bytes.empty() || (by_service && !began)) continue;
        if (by_service) return is_record(bytes.front());
        if (began) continue;
        const auto first = std::ranges::find(bytes, kHandshake);
        const auto at = static_cast<std::uint64_t>(first - bytes.begin());
        passed += at;
        if (first == bytes.end()) continue;
        if (passed != before || (at > 0 && bytes.size() - at < kTelling)) return false;
        began = true;
    }
    return began;
}

void read_by_witness(const std::vector<Said>& all) {
    const proof::WitnessedSession whole = witnessed(all, 1u << 15);
    require(whole.hellos.size() <= 2, "more hellos than a client sends");
    require(!whole.sni || whole.sni->size() <= 255, "a longer name than is kept");
    auto line = nlohmann::json::parse(proof::encode(whole));
    line.erase("schema");
    proof::WitnessedSession again;
    require(!JsonCodec<proof::WitnessedSession>::read(line, again), "a line that nobody can read");
    const bool told_apart = !whole.hellos.empty() && is_told_apart(all, whole.up_before_tls);
    for (const std::size_t step : {0u, 1u, 7u}) {
        const proof::WitnessedSession pieces = witnessed(all, step);
        require(!told_apart || pieces == whole, "it matters how the witness read the bytes");
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::vector<Said> all = conversation(std::as_bytes(std::span(data, size)));
    read_by_witness(all);
    const std::string heard = overheard(all, 1u << 15);
    require(heard.size() <= size, "more is overheard than was said");
    require(overheard(all, 0) == heard, "it matters how the gateway read the bytes");
    return 0;
}
