#include "certs/store.h"

#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "certs/atomic_file.h"
#include "certs/digest.h"
#include "certs/inspect.h"
#include "certs/pem.h"
#include "lab/core/codes.h"
#include "lab/core/encoding.h"
#include "lab/core/pem_text.h"
#include "lab/core/shell_quote.h"

namespace sni::certs {

namespace fs = std::filesystem;

namespace {

/// A host name has up to 253 bytes and a file name 255 (NAME_MAX), of which the temporary name and
/// the extension take some.
constexpr std::size_t kStemBytes = 200;

/// Nothing but what a host name has, no leading dot or hyphen. Of a name that is too long, the
/// front and a digest of the whole.
std::string file_stem(std::string_view name) {
    std::string stem;
    if (name.starts_with("*.")) {
        stem = "_wildcard";
        name.remove_prefix(1);
    }
    if (name.contains(':')) stem = "ipv6_";
    for (const char c : name) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
        stem += plain ? c : c == ':' ? '-' : '_';
    }
    if (stem.empty() || stem.front() == '.' || stem.front() == '-') stem.insert(0, "_");
    if (stem.size() > kStemBytes) {
        const Digest digest = sha256(as_bytes(name));
        stem =
            fmt::format("{}-{}", stem.substr(0, kStemBytes - 17), to_hex(Bytes(digest).first(8)));
    }
    return stem;
}

/// --force replaces a key or a certificate, not whatever else has its name: a .key may be anybody's
/// slides. A link is replaced and not followed.
void refuse_other_content(const fs::path& file) {
    struct stat status{};
    if (::lstat(file.c_str(), &status) != 0 || !S_ISREG(status.st_mode) || status.st_size == 0)
        return;
    if (read_file(file).contains(kPemBegin)) return;
    Diagnostic d = about(file, code::kPairExists, "this is neither a key nor a certificate");
    d.why = "--force replaces what certgen makes, and nothing else";
    d.hint = "move it away, or write elsewhere with --out DIR";
    throw Failure(Exit::usage, std::move(d));
}

bool are_same(const PairPaths& one, const PairPaths& other) {
    return one.cert == other.cert && one.key == other.key;
}

/// It does not fit, `why` says. Where the key has its certificate, only their order is wrong.
[[noreturn]] void refuse_pair(const PairPaths& paths, const std::string& chain, const KeyPem& key,
                              const std::string& why) {
    const auto certificates = read_certificates(chain);
    const auto own = read_private_key(key);
    const bool disordered = certificates && own && owner_of(*certificates, own->get());
    const bool in_cert = !certificates || disordered;
    Diagnostic d = about(in_cert ? paths.cert : paths.key, code::kBadPair, why);
    d.why = fmt::format("it was read together with {}",
                        printable((in_cert ? paths.key : paths.cert).native()));
    d.hint =
        disordered ? "put the certificate that the key belongs to first, and behind it its issuers"
        : certificates && own
            ? "give the key that belongs to the certificate, or make a new pair: " + renewal(paths)
            : "mend that file, or make a new pair: " + renewal(paths);
    throw Failure(Exit::usage, std::move(d));
}

}  // namespace

PairPaths pair_paths(const fs::path& folder, std::string_view name) {
    const std::string stem = file_stem(name);
    return {.cert = folder / (stem + ".crt"), .key = folder / (stem + ".key")};
}

std::string renewal(const PairPaths& paths) {
    const fs::path folder = paths.cert.parent_path();
    const std::string stem = paths.cert.stem().string();
    constexpr std::string_view kWildcard = "_wildcard";
    const std::string name =
        stem.starts_with(kWildcard) ? "*" + stem.substr(kWildcard.size()) : stem;
    // A name that the file does not tell, or a pair with names of its own.
    if (stem.starts_with("ipv6_") || !are_same(pair_paths(folder, name), paths))
        return "sni-lab certgen NAME --out DIR";
    return fmt::format("sni-lab certgen --force --out {} {}",
                       shell_quoted(folder.empty() ? "." : folder.native()), shell_quoted(name));
}

void refuse_existing(const PairPaths& paths) {
    for (const fs::path& file : {paths.key, paths.cert}) {
        if (!is_there(file)) continue;
        Diagnostic d = about(file, code::kPairExists, "this is there already");
        d.why = "a key or certificate is never overwritten unasked";
        d.hint =
            "use it as it is (sni-lab up does), replace it with --force, or write elsewhere with "
            "--out DIR";
        throw Failure(Exit::usage, std::move(d));
    }
}

PairPaths write_pair(const fs::path& folder, std::string_view name, const CertBundle& bundle,
                     bool force, const FolderLock* held) {
    return write_pairs(folder, {{std::string(name), bundle}}, force, held).front();
}

std::vector<PairPaths> write_pairs(const fs::path& path, const std::vector<NamedBundle>& pairs,
                                   bool force, const FolderLock* held) {
    const Folder folder(path);
    std::optional<FolderLock> lock;
    if (held == nullptr) lock.emplace(path);
    const StopsDeferred whole;  // from here on, since whoever waits for a lock may be stopped
    std::vector<PairPaths> all;
    std::vector<TemporaryFile> files;  // key, certificate, key, …
    for (const auto& [name, bundle] : pairs) {
        const PairPaths paths = pair_paths(path, name);
        if (!force) refuse_existing(paths);
        for (const fs::path& file : {paths.cert, paths.key}) {
            folder.refuse_odd_target(file.filename(), false);
            refuse_other_content(file);
        }
        files.emplace_back(folder, paths.key.filename(), bundle.key.reveal(), 0600);
        files.emplace_back(folder, paths.cert.filename(), bundle.chain_pem(), 0644);
        all.push_back(paths);
    }
    Replacement replacement(folder);
    for (const PairPaths& paths : all) {
        replacement.put_aside(paths.cert.filename());
        replacement.put_aside(paths.key.filename());
    }
    for (TemporaryFile& file : files) {
        replacement.put(file);
    }
    folder.sync();
    replacement.commit();
    return all;
}

std::optional<CertBundle> read_pair(const PairPaths& paths, const FolderLock* held) {
    // Held while both are read, so that no writer is caught between the two.
    const fs::path folder = paths.cert.parent_path();
    const Descriptor lock(
        ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (held == nullptr && lock.open()) ::flock(lock.get(), LOCK_SH);

    const bool has_cert = is_there(paths.cert);
    const bool has_key = is_there(paths.key);
    if (!has_cert && !has_key) return std::nullopt;
    if (!has_cert || !has_key) {
        Diagnostic d = about(has_cert ? paths.cert : paths.key, code::kPairIncomplete,
                             has_cert ? "this certificate has no key beside it"
                                      : "this key has no certificate beside it");
        d.why =
            fmt::format("there is no {}", printable((has_cert ? paths.key : paths.cert).native()));
        d.hint = "remove it, or make a new pair: " + renewal(paths);
        throw Failure(Exit::usage, std::move(d));
    }
    const std::string chain = read_file(paths.cert);
    const KeyPem key(read_file(paths.key));
    if (const auto fits = check_pair(chain, key); !fits)
        refuse_pair(paths, chain, key, fits.error());
    const auto certificates = read_certificates(chain);
    CertBundle bundle{
        .cert_pem = to_pem(certificates->front().get()), .key = key, .issuer_pem = {}};
    for (std::size_t i = 1; i < certificates->size(); ++i) {
        bundle.issuer_pem += to_pem((*certificates)[i].get());
    }
    return bundle;
}

}  // namespace sni::certs
