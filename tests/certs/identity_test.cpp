#include "certs/identity.h"

#include <atomic>
#include <thread>

#include "lab/core/codes.h"
#include "tests/support/catch.h"
#include "tests/support/certificates.h"
#include "tests/support/failure.h"
#include "tests/support/hardship.h"
#include "tests/support/process.h"
#include "tests/support/temp_folder.h"

namespace sni::certs {
namespace {

namespace fs = std::filesystem;
using test::refusal_of;

TEST_CASE("an identity's signature is checked by its public half and by no other", "[certs]") {
    const Identity identity = Identity::make();
    const Identity stranger = Identity::make();
    std::vector<std::byte> signature = identity.sign(as_bytes("message"));
    REQUIRE(signature.size() == 64);
    const IdentityPublicKey& key = identity.public_key();
    CHECK(key.verify(as_bytes("message"), signature));
    CHECK_FALSE(key.verify(as_bytes("massage"), signature));
    CHECK_FALSE(key.verify(as_bytes(""), signature));
    CHECK_FALSE(stranger.public_key().verify(as_bytes("message"), signature));
    CHECK_FALSE(key.verify(as_bytes("message"), Bytes(signature).first(63)));
    CHECK_FALSE(key.verify(as_bytes("message"), {}));
    CHECK_FALSE(IdentityPublicKey().verify(as_bytes("message"), signature));
    const std::size_t byte = GENERATE(0u, 31u, 32u, 63u);
    signature[byte] ^= std::byte{1};
    CHECK_FALSE(key.verify(as_bytes("message"), signature));
    CHECK(identity.sign({}).size() == 64);
}

TEST_CASE("an identity knows a certificate that has its key, anywhere in a chain", "[certs]") {
    CertRequest request = test::request_for({"a.example"});
    request.key = KeyType::ed25519;
    const CertBundle served = issue(request);
    const CertBundle other = issue(request);
    const test::TempFolder folder;
    test::spill(folder / "tls.key", served.key.reveal());
    const Identity identity = Identity::load_or_make(folder / "tls.key");
    CHECK(identity.public_key().is_key_in(served.cert_pem));
    CHECK(identity.public_key().is_key_in(other.cert_pem + served.cert_pem));
    CHECK_FALSE(identity.public_key().is_key_in(other.cert_pem));
    CHECK_FALSE(identity.public_key().is_key_in("nothing"));
    CHECK_FALSE(Identity::make().public_key().is_key_in(served.cert_pem));
}

TEST_CASE("a public half is equal to itself after a round through PEM", "[certs]") {
    const Identity identity = Identity::make();
    const auto parsed = IdentityPublicKey::parse("comment\n" + identity.public_key().pem());
    REQUIRE(parsed.has_value());
    CHECK(*parsed == identity.public_key());
    CHECK(parsed->key_id().size() == 16);
    CHECK(*parsed != Identity::make().public_key());
}

TEST_CASE("a file with two private keys is no identity", "[certs]") {
    const test::TempFolder folder;
    (void)Identity::load_or_make(folder / "one");
    (void)Identity::load_or_make(folder / "two");
    test::spill(folder / "both", test::slurp(folder / "one") + test::slurp(folder / "two"));
    const test::Refusal refused =
        refusal_of([&] { (void)Identity::load_or_make(folder / "both"); });
    CHECK(refused.message == "there are several private keys in it, and one counts");
}

TEST_CASE("what is no public identity is refused with its remedy", "[certs]") {
    CertRequest request = test::request_for({"a.example"});
    request.key = KeyType::ed25519;
    const CertBundle bundle = issue(request);
    CHECK(IdentityPublicKey::parse(bundle.key.reveal()).error() ==
          "this is a private key, which stays with the backend; give its public half, FILE.pub");
    CHECK(IdentityPublicKey::parse(bundle.key.reveal() + Identity::make().public_key().pem())
              .error() ==
          "this is a private key, which stays with the backend; give its public half, FILE.pub");
    CHECK_THAT(IdentityPublicKey::parse(bundle.cert_pem).error(),
               test::StartsWith("this is a certificate"));
    const std::string pem = Identity::make().public_key().pem();
    CHECK(IdentityPublicKey::parse(pem + Identity::make().public_key().pem()).error() ==
          "there are 2 public keys in it, and one counts");
    CHECK(IdentityPublicKey::parse(pem + "-----BEGIN PUBLIC KEY-----\n").error() ==
          "there are 2 public keys in it, and one counts");
    const std::string none = "there is no public key in PEM form in it";
    CHECK(IdentityPublicKey::parse("").error() == none);
    CHECK(IdentityPublicKey::parse("ssh-ed25519 AAAA").error() == none);
    CHECK(IdentityPublicKey::parse("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n")
              .error() == none);
    const auto rsa = test::run_program(
        {"openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"});
    const auto rsa_public = test::run_program({"openssl", "pkey", "-pubout"}, rsa.out);
    CHECK(IdentityPublicKey::parse(rsa_public.out).error() ==
          "an identity is an Ed25519 key, and this is RSA");
}

TEST_CASE("a missing identity is made with its public half beside it", "[certs]") {
    const test::TempFolder folder;
    const fs::path file = folder / "identity.key";
    const Identity made = Identity::load_or_make(file);
    CHECK(test::mode_of(file) == 0600);
    CHECK(test::mode_of(folder / "identity.key.pub") == 0644);
    CHECK(test::slurp(file).starts_with("-----BEGIN PRIVATE KEY-----"));
    CHECK(IdentityPublicKey::read(folder / "identity.key.pub") == made.public_key());
    const auto before = test::picture_of(folder.path());
    CHECK(before.size() == 2);

    const Identity loaded = Identity::load_or_make(file);
    CHECK(loaded.public_key() == made.public_key());
    CHECK(made.public_key().verify(as_bytes("x"), loaded.sign(as_bytes("x"))));
    CHECK(test::picture_of(folder.path()) == before);
}

TEST_CASE("openssl agrees with identity files and signatures", "[certs]") {
    const test::TempFolder folder;
    const Identity identity = Identity::load_or_make(folder / "id");
    const auto derived =
        test::run_program({"openssl", "pkey", "-in", (folder / "id").native(), "-pubout"});
    CHECK(derived.status == 0);
    CHECK(derived.out == test::slurp(folder / "id.pub"));

    test::spill(folder / "message", "hello");
    const auto signature = identity.sign(as_bytes("hello"));
    test::spill(folder / "signature", as_text(signature));
    const auto verified = test::run_program({"openssl", "pkeyutl", "-verify", "-pubin", "-inkey",
                                             (folder / "id.pub").native(), "-rawin", "-in",
                                             (folder / "message").native(), "-sigfile",
                                             (folder / "signature").native()});
    CHECK(verified.status == 0);
    CAPTURE(verified.err);

    const auto foreign = test::run_program({"openssl", "genpkey", "-algorithm", "ed25519"});
    test::spill(folder / "foreign", foreign.out);
    CHECK(Identity::load_or_make(folder / "foreign").public_key().pem() ==
          test::run_program({"openssl", "pkey", "-pubout"}, foreign.out).out);
}

TEST_CASE("a private key where the public half is wanted names the right file", "[certs]") {
    const test::TempFolder folder;
    Identity::load_or_make(folder / "id");
    try {
        IdentityPublicKey::read(folder / "id");
        FAIL("a private key was taken");
    } catch (const Failure& failure) {
        CHECK(failure.exit() == Exit::usage);
        CHECK(failure.diagnostics().front().code == code::kBadIdentity);
        CHECK(failure.diagnostics().front().hint == "give " + (folder / "id.pub").native());
    }
}

TEST_CASE("an identity file that holds something else is refused and left alone", "[certs]") {
    const test::TempFolder folder;
    CertRequest request = test::request_for({"a.example"});
    const CertBundle bundle = issue(request);
    const auto [content, why] = GENERATE_COPY(table<std::string, std::string>({
        {bundle.key.reveal(), "an identity is an Ed25519 key, and this is EC"},
        {bundle.cert_pem, "this is a certificate, not a private key"},
        {Identity::make().public_key().pem(), "this is a public key, not a private key"},
        {"", "the file is empty"},
        {"garbage", "there is no private key in PEM form in it"},
    }));
    test::spill(folder / "id", content);
    const auto before = test::picture_of(folder.path());
    const test::Refusal refusal = refusal_of([&] { Identity::load_or_make(folder / "id"); });
    CHECK(refusal.exit == Exit::usage);
    CHECK(refusal.code == code::kBadIdentity);
    CHECK(refusal.message == why);
    CHECK(test::picture_of(folder.path()) == before);
}

TEST_CASE("nothing that lies where an identity would go is overwritten", "[certs]") {
    const test::TempFolder folder;
    SECTION("a public half of another key") {
        Identity::load_or_make(folder / "id");
        test::spill(folder / "id.pub", Identity::make().public_key().pem());
    }
    SECTION("another file of that name") {
        Identity::load_or_make(folder / "id");
        test::spill(folder / "id.pub", "ssh-ed25519 AAAA me@here\n");
    }
    SECTION("a public half without its key") {
        test::spill(folder / "id.pub", Identity::make().public_key().pem());
    }
    SECTION("a link to nowhere") {
        fs::create_symlink(folder / "nowhere", folder / "id");
    }
    SECTION("a folder") {
        fs::create_directory(folder / "id");
    }
    const auto before = test::picture_of(folder.path());
    CHECK(refusal_of([&] { Identity::load_or_make(folder / "id"); }).exit == Exit::usage);
    CHECK(test::picture_of(folder.path()) == before);
}

TEST_CASE("an identity without its public half gets it back", "[certs]") {
    const test::TempFolder folder;
    const Identity identity = Identity::load_or_make(folder / "id");
    fs::remove(folder / "id.pub");
    CHECK(Identity::load_or_make(folder / "id").public_key() == identity.public_key());
    CHECK(IdentityPublicKey::read(folder / "id.pub") == identity.public_key());
}

TEST_CASE("an identity that cannot be written is the machine's refusal", "[certs]") {
    const test::TempFolder folder;
    test::spill(folder / "file", "");
    CHECK(refusal_of([&] { Identity::load_or_make(folder / "missing/id"); }).exit == Exit::machine);

    ::chmod(folder.path().c_str(), 0555);
    const auto before = test::picture_of(folder.path());
    test::Refusal refusal;
    {
        const test::Unprivileged nobody;
        refusal = refusal_of([&] { Identity::load_or_make(folder / "id"); });
    }
    CHECK(refusal.exit == Exit::machine);
    CHECK(refusal.code == code::kNoPermission);
    CHECK(test::picture_of(folder.path()) == before);
}

TEST_CASE("a complete identity in a folder that is not writable can be used", "[certs]") {
    const test::TempFolder folder;
    const Identity identity = Identity::load_or_make(folder / "id");
    ::chmod((folder / "id").c_str(), 0444);
    ::chmod(folder.path().c_str(), 0555);
    std::string key_id;
    {
        const test::Unprivileged nobody;
        key_id = Identity::load_or_make(folder / "id").public_key().key_id();
    }
    CHECK(key_id == identity.public_key().key_id());
}

TEST_CASE("whoever makes one identity at the same time gets the same one", "[certs]") {
    const test::TempFolder folder;
    std::vector<std::string> ids(8);
    {
        std::vector<std::jthread> makers;
        makers.reserve(ids.size());
        for (std::string& id : ids) {
            makers.emplace_back([&folder, &id] {
                id = Identity::load_or_make(folder / "id").public_key().key_id();
            });
        }
    }
    CHECK(ids == std::vector<std::string>(8, ids.front()));
    CHECK(test::picture_of(folder.path()).size() == 2);
}

TEST_CASE("one identity signs in many threads", "[certs]") {
    const Identity identity = Identity::make();
    std::atomic<int> good = 0;
    {
        std::vector<std::jthread> signers;
        signers.reserve(4);
        for (int i = 0; i < 4; ++i) {
            signers.emplace_back([copy = identity, &good] {
                for (int k = 0; k < 50; ++k) {
                    if (copy.public_key().verify(as_bytes("x"), copy.sign(as_bytes("x")))) ++good;
                }
            });
        }
    }
    CHECK(good == 200);
}

}  // namespace
}  // namespace sni::certs
