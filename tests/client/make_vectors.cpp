// Makes the vectors: honest evidence, and what spoils it.
#include <functional>
#include <optional>
#include <string_view>

#include "certs/identity.h"
#include "lab/core/encoding.h"
#include "lab/proof/evidence.h"
#include "lab/proof/witness_fields.h"
#include "tests/client/vectors.h"
#include "tests/proof/witnessed.h"

namespace client_vectors_test {

using namespace sni;
using namespace sni::proof;
using nlohmann::json;

namespace {

/// The client's half, as a vector has it.
json half_of(const Evidence& e) {
    json half = {{"nonce", to_json(e.nonce)},
                 {"tls", to_json(*e.tls)},
                 {"exporter_sha256", to_json(e.exporter_sha256)},
                 {"leaf_sha256", to_json(e.leaf->sha256)},
                 {"sent", to_json(e.streams->sent)},
                 {"answered", e.status.has_value()},
                 {"answer_end", e.streams->answer_end},
                 {"received", to_json(e.streams->received)},
                 {"hellos", to_json(e.hellos)},
                 {"identity_served", e.identity_served},
                 {"server_hello_sha256", to_json(e.server_hello_sha256)}};
    half["question"] = e.witness ? to_json(e.witness->question) : json();
    return half;
}
/// Makes the vectors anew, with an identity of their own.
class Maker {
  public:
    using Spoil = std::function<void(Evidence&, Statement&)>;
    using SpoilWitness = std::function<void(Evidence&, WitnessStatement&)>;
    using SpoilText = std::function<void(std::string&)>;

    /// Of those that are made from here on: the name that must sign; nothing: any.
    std::optional<std::string> expected;

    /// Signed by another identity, whose key comes along.
    void stranger(const std::string& name, const Spoil& spoil) {
        Evidence e = test::honest();
        Statement said = test::statement();
        spoil(e, said);
        add("backend", name, e, encode(said), certs::Identity::make());
    }
    void backend(const std::string& name, const Spoil& spoil) {
        Evidence e = test::honest();
        Statement said = test::statement();
        spoil(e, said);
        add("backend", name, e, encode(said));
    }
    void witness(const std::string& name, const SpoilWitness& spoil) {
        Evidence e = test::witnessed_evidence();
        e.server_hello_sha256 = Digest{std::byte{8}};
        WitnessStatement said = test::witness_statement();
        spoil(e, said);
        add("witness", name, e, encode(said));
    }
    void document(const std::string& name, const SpoilText& spoil) {
        std::string text = encode(test::statement());
        spoil(text);
        add("backend", name, test::honest(), text);
    }
    void envelope(const std::string& name, const SpoilText& spoil) {
        add("backend", name, test::honest(), encode(test::statement()));
        spoil_last(spoil);
    }
    /// What was made last, with its envelope changed.
    void spoil_last(const SpoilText& spoil) {
        std::string text = all.back()["envelope"];
        spoil(text);
        all.back()["envelope"] = text;
        all.back()["verdict"] = verdict_of(all.back());
    }

    json all = json::array();

  private:
    void add(const char* kind, const std::string& name, const Evidence& e,
             const std::string& document,
             const std::optional<certs::Identity>& stranger = std::nullopt) {
        const bool witness = std::string_view(kind) == "witness";
        const std::string message = witness ? witness_bytes(document) : signed_bytes(document);
        Envelope envelope{document, stranger.value_or(identity_).sign(as_bytes(message))};
        if (stranger) envelope.identity = stranger->public_key().pem();
        all.push_back({{"name", name},
                       {"kind", kind},
                       {"identity", identity_.public_key().pem()},
                       {"backend", to_json(expected)},
                       {"envelope", encode(envelope)},
                       {"client", half_of(e)}});
        all.back()["verdict"] = verdict_of(all.back());
    }

    certs::Identity identity_ = certs::Identity::make();
};

const StreamDigest kOther{.bytes = 742, .sha256 = {std::byte{99}}};

void make_backend_vectors(Maker& make) {
    const auto static_rsa = [](TlsFacts& tls) {
        tls = {.version = "TLSv1.2",
               .cipher_suite = "AES128-GCM-SHA256",
               .sni = tls.sni,
               .alpn = tls.alpn,
               .extended_master_secret = true};
    };
    const auto tls12 = [](TlsFacts& tls) {
        tls.version = "TLSv1.2";
        tls.cipher_suite = "ECDHE-ECDSA-AES256-GCM-SHA384";
        tls.extended_master_secret = true;
    };
    make.backend("honest", [](auto&, auto&) {});
    make.backend("honest, TLS 1.2 with extended master secret", [&](auto& e, auto& s) {
        tls12(*e.tls);
        tls12(*s.tls);
    });
    make.backend("TLS 1.2 without it", [&](auto& e, auto& s) {
        tls12(*e.tls);
        e.tls->extended_master_secret = false;
        s.tls = e.tls;
    });
    make.backend("static RSA", [&](auto& e, auto& s) {
        static_rsa(*e.tls);
        s.tls = e.tls;
    });
    make.backend("psk_ke", [](auto& e, auto& s) { e.tls->group = s.tls->group = ""; });
    make.backend("resumed", [](auto& e, auto& s) { e.tls->resumed = s.tls->resumed = true; });
    make.backend("another nonce", [](auto&, auto& s) { s.nonce = {std::byte{1}}; });
    make.backend("another exporter", [](auto&, auto& s) { s.exporter_sha256 = Digest{}; });
    make.backend("no exporter here", [](auto& e, auto&) { e.exporter_sha256.reset(); });
    make.backend("another leaf", [](auto&, auto& s) { s.leaf_sha256 = Digest{}; });
    make.backend("another suite", [](auto&, auto& s) { s.tls->cipher_suite = "x"; });
    make.backend("another SNI", [](auto&, auto& s) { s.tls->sni.reset(); });
    make.backend("no streams", [](auto&, auto& s) { s.streams.reset(); });
    make.backend("other bytes arrived", [](auto&, auto& s) { s.streams->received = kOther; });
    make.backend("other bytes arrived, in two sessions", [](auto&, auto& s) {
        s.streams->received = kOther;
        s.exporter_sha256 = Digest{};
    });
    make.backend("other bytes arrived, and it writes a key log", [](auto&, auto& s) {
        s.streams->received = kOther;
        s.key_log = true;
    });
    make.backend("less was sent than the answer", [](auto& e, auto& s) {
        --s.streams->sent.bytes;
        e.streams->received = s.streams->sent;
    });
    make.backend("fewer bytes came", [](auto& e, auto&) { e.streams->received.reset(); });
    make.backend("no hello", [](auto&, auto& s) { s.hellos.clear(); });
    make.backend("another hello", [](auto&, auto& s) { s.hellos.front().sha256 = {}; });
    make.backend("a hello in other records", [](auto&, auto& s) { s.hellos.front().records = 2; });
    make.backend("a second hello", [](auto&, auto& s) { s.hellos.push_back(test::hello()); });
    make.backend("a key log", [](auto&, auto& s) { s.key_log = true; });
    make.backend("the identity is served", [](auto& e, auto&) { e.identity_served = true; });
    make.backend("no TLS", [](auto&, auto& s) {
        s.tls.reset();
        s.exporter_sha256.reset();
        s.leaf_sha256.reset();
        s.streams.reset();
        s.hellos.clear();
    });
}

/// Who answered is not who was meant.
void make_stranger_vectors(Maker& make) {
    make.stranger("another identity", [](auto&, auto&) {});
    make.stranger("another identity, in two sessions",
                  [](auto&, auto& s) { s.exporter_sha256 = Digest{}; });
    make.stranger("another identity of another nonce",
                  [](auto&, auto& s) { s.nonce = {std::byte{1}}; });
    make.stranger("another identity of another leaf",
                  [](auto&, auto& s) { s.leaf_sha256 = Digest{}; });
    make.stranger("another identity of other bytes",
                  [](auto&, auto& s) { s.streams->received = kOther; });
    make.stranger("another identity without streams", [](auto&, auto& s) { s.streams.reset(); });
    make.stranger("another identity of another hello",
                  [](auto&, auto& s) { s.hellos.front().sha256 = {}; });
    make.stranger("another identity that writes a key log",
                  [](auto&, auto& s) { s.key_log = true; });
    make.stranger("another identity in a session that was resumed",
                  [](auto& e, auto& s) { e.tls->resumed = s.tls->resumed = true; });
    make.stranger("another identity that is served",
                  [](auto& e, auto&) { e.identity_served = true; });
    make.stranger("another identity without TLS", [](auto&, auto& s) {
        s.tls.reset();
        s.exporter_sha256.reset();
        s.leaf_sha256.reset();
        s.streams.reset();
        s.hellos.clear();
    });
    make.stranger("another identity, whose signature does not hold", [](auto&, auto&) {});
    make.spoil_last([](auto& t) {
        Envelope envelope = decode_envelope(t).value();
        envelope.signature = {};
        t = encode(envelope);
    });
    make.stranger("another identity that is no key", [](auto&, auto&) {});
    make.spoil_last([](auto& t) {
        Envelope envelope = decode_envelope(t).value();
        envelope.identity = "somebody";
        t = encode(envelope);
    });

    make.expected = test::statement().backend;
    make.backend("the name that is expected", [](auto&, auto&) {});
    make.stranger("another identity by the name that is expected", [](auto&, auto&) {});
    make.stranger("another identity by another name", [](auto&, auto& s) { s.backend = "x"; });
    make.backend("another name than is expected", [](auto&, auto& s) { s.backend = "x"; });
    make.backend("another name than is expected, of another nonce", [](auto&, auto& s) {
        s.backend = "x";
        s.nonce = {std::byte{1}};
    });
    make.backend("another name than is expected, without TLS", [](auto&, auto& s) {
        s.backend = "x";
        s.tls.reset();
        s.exporter_sha256.reset();
        s.leaf_sha256.reset();
        s.streams.reset();
        s.hellos.clear();
    });
    make.expected = test::witness_statement().witness;
    make.witness("a witness by the name that is expected", [](auto&, auto&) {});
    make.witness("a witness by another name", [](auto&, auto& s) { s.witness = "x"; });
    make.witness("a witness by another name that saw nothing", [](auto&, auto& s) {
        s.witness = "x";
        s.matching = 0;
        s.sessions.clear();
    });
    make.witness("a witness by another name, asked something else", [](auto&, auto& s) {
        s.witness = "x";
        s.question.sni = "x";
    });
    make.expected.reset();
    make.witness("a witness that names its identity", [](auto&, auto&) {});
    make.spoil_last([](auto& t) {
        Envelope envelope = decode_envelope(t).value();
        envelope.identity = certs::Identity::make().public_key().pem();
        t = encode(envelope);
    });
}

void make_text_vectors(Maker& make) {
    make.document("a space", [](auto& t) { t.insert(1, " "); });
    make.document("a key twice", [](auto& t) { t.insert(1, "\"backend\":\"x\","); });
    make.document("an unknown field", [](auto& t) { t.insert(t.size() - 1, ",\"z\":1"); });
    make.document("another schema", [](auto& t) { t.replace(t.find("proof/1"), 7, "proof/2"); });
    make.document("upper-case hex", [](auto& t) { t.replace(t.find("07000"), 5, "0A000"); });
    make.document("a number for a boolean", [](auto& t) {
        const std::string_view is = "\"key_log\":false";
        t.replace(t.find(is), is.size(), "\"key_log\":0");
    });
    make.document("a text for a count", [](auto& t) {
        const std::string_view is = "\"records\":1";
        t.replace(t.find(is), is.size(), "\"records\":\"1\"");
    });
    make.document("an envelope's field",
                  [](auto& t) { t.insert(t.find("\"key_log\""), "\"identity\":\"x\","); });
    make.envelope("one bit of the signature", [](auto& t) {
        char& c = t[t.find("signature\":\"") + 20];
        c = c == 'A' ? 'B' : 'A';
    });
    make.envelope("one bit of the document", [](auto& t) {
        char& c = t[t.find("document\":\"") + 40];
        c = c == 'A' ? 'B' : 'A';
    });
    make.envelope("the right signature, and another identity", [](auto& t) {
        Envelope envelope = decode_envelope(t).value();
        envelope.identity = certs::Identity::make().public_key().pem();
        t = encode(envelope);
    });
    make.envelope("no envelope", [](auto& t) { t = "<html></html>\n"; });
    make.envelope("half of it", [](auto& t) { t.resize(t.size() / 2); });
}

void make_witness_vectors(Maker& make) {
    using S = WitnessStatement;
    make.witness("a witness, honest", [](auto&, S&) {});
    make.witness("a witness of TLS 1.2", [](auto& e, S&) {
        e.tls->version = "TLSv1.2";
        e.tls->cipher_suite = "ECDHE-RSA-AES128-GCM-SHA256";
    });
    make.witness("a witness asked something else", [](auto&, S& s) { s.question.sni = "x"; });
    make.witness("a witness that saw no such hello", [](auto&, S& s) {
        s.matching = 0;
        s.sessions.clear();
    });
    make.witness("a witness that forgot", [](auto&, S& s) {
        s.matching = 0;
        s.sessions.clear();
        s.complete_since = s.time;
    });
    make.witness("a witness that saw it twice", [](auto&, S& s) { s.matching = 2; });
    make.witness("a witness of other bytes",
                 [](auto&, S& s) { s.sessions.front().up.all = kOther; });
    make.witness("a witness of other bytes, with a pre-shared key", [](auto&, S& s) {
        s.sessions.front().up.all = kOther;
        s.sessions.front().server->full = false;
    });
    make.witness("a witness of other bytes, without a group", [](auto&, S& s) {
        s.sessions.front().up.all = kOther;
        s.sessions.front().server->group.clear();
    });
    make.witness("a witness of other bytes, and the identity is served", [](auto& e, S& s) {
        s.sessions.front().up.all = kOther;
        e.identity_served = true;
    });
    make.witness("a witness of other bytes and another ServerHello", [](auto&, S& s) {
        s.sessions.front().up.all = kOther;
        s.sessions.front().server->hello_sha256 = {};
    });
    const auto checkpoint = [](WitnessStatement& s) {
        s.sessions.front().down.all = {.bytes = 5'000, .sha256 = {std::byte{55}}};
        s.sessions.front().down.checkpoints = {Digest{std::byte{1}}, Digest{std::byte{2}},
                                               Digest{std::byte{4}}};
    };
    make.witness("a witness of more than came", [&](auto& e, S& s) {
        checkpoint(s);
        e.streams->received = StreamDigest{.bytes = 2'048, .sha256 = {std::byte{2}}};
    });
    make.witness("a witness of more than came, and that differs", [&](auto& e, S& s) {
        checkpoint(s);
        e.streams->received = StreamDigest{.bytes = 2'048, .sha256 = {std::byte{3}}};
    });
    make.witness("a witness of a handshake of which less came", [](auto& e, S& s) {
        e.request.clear();
        e.status.reset();
        e.streams->received.reset();
        s.sessions.front().down.all.bytes += 500;
    });
    make.witness("a witness to which less came, without a request", [](auto& e, S& s) {
        e.request.clear();
        e.status.reset();
        s.sessions.front().up.all = {.bytes = test::kUp.bytes - 74, .sha256 = {std::byte{5}}};
    });
    make.witness(
        "a witness to which less came, and the request was not answered", [](auto& e, S& s) {
            e.status.reset();
            s.sessions.front().up.all = {.bytes = test::kUp.bytes - 74, .sha256 = {std::byte{5}}};
        });
    make.witness("a witness to which less came, and the request was answered", [](auto&, S& s) {
        s.sessions.front().up.all = {.bytes = test::kUp.bytes - 74, .sha256 = {std::byte{5}}};
    });
    const auto old = [](auto& e) {
        e.tls->version = "TLSv1.2";
        e.tls->cipher_suite = "ECDHE-RSA-AES128-GCM-SHA256";
    };
    make.witness("a witness of a ticket with TLS 1.2", [&](auto& e, S& s) {
        old(e);
        s.sessions.front().server->session_ticket = true;
    });
    make.witness("a witness of TLS 1.2 that does not know of tickets", [&](auto& e, S& s) {
        old(e);
        s.sessions.front().server->session_ticket.reset();
    });
    make.witness("a witness of TLS 1.2 without a ServerHello", [&](auto& e, S& s) {
        old(e);
        s.sessions.front().server.reset();
    });
    make.witness("a witness that could not read every hello", [](auto&, S& s) {
        s.matching = 0;
        s.sessions.clear();
        s.unread = 1;
    });
    make.witness("a witness of a PROXY header before the hello", [](auto&, S& s) {
        s.sessions.front().up_before_tls = 44;
        s.sessions.front().up.all = kOther;
    });
    make.witness("a witness of fewer bytes than the answer", [](auto& e, S& s) {
        --s.sessions.front().down.all.bytes;
        e.streams->received = s.sessions.front().down.all;
        s.sessions.front().server.reset();
    });
}

}  // namespace

json make_vectors() {
    Maker make;
    make_backend_vectors(make);
    make_text_vectors(make);
    make_witness_vectors(make);
    make_stranger_vectors(make);
    return make.all;
}

}  // namespace client_vectors_test
