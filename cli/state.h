// The state folder: what a run makes, and under which name. Paths only; nothing here is opened or
// made (certs::make_private_folder makes it, mode 0700).
#pragma once

#include <filesystem>

namespace sni::cli {

/// Where --state points when nobody says otherwise.
inline constexpr const char* kDefaultState = ".sni-lab";

/// Pairs, one for each first name (certs::pair_paths), and the lab CA.
inline std::filesystem::path certs_folder(const std::filesystem::path& state) {
    return state / "certs";
}
/// The backend's identity; its public half lies beside it as identity.key.pub.
inline std::filesystem::path identity_file(const std::filesystem::path& state) {
    return state / "identity.key";
}
/// Signs the proofs that verify saves; its public half lies beside it as verifier.key.pub.
inline std::filesystem::path verifier_file(const std::filesystem::path& state) {
    return state / "verifier.key";
}
/// What the last verify saw, signed by the verifier.
inline std::filesystem::path latest_proof(const std::filesystem::path& state) {
    return state / "proof.json";
}
/// What `up` puts on record about the running lab.
inline std::filesystem::path lab_record(const std::filesystem::path& state) {
    return state / "lab.json";
}
/// Held by the process of the lab, so that nobody starts a second one.
inline std::filesystem::path lab_lock(const std::filesystem::path& state) {
    return state / "lab.lock";
}
/// What a detached lab says.
inline std::filesystem::path lab_log(const std::filesystem::path& state) {
    return state / "lab.log";
}
/// What it said before that, when it says much.
inline std::filesystem::path older_lab_log(const std::filesystem::path& state) {
    return state / "lab.1.log";
}
/// What the lab before it said last.
inline std::filesystem::path former_lab_log(const std::filesystem::path& state) {
    return state / "lab.former.log";
}

}  // namespace sni::cli
