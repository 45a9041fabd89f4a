// Every SL code there is, in one table. A code is never reused for something else; a new one takes
// the next free number of its block. Istio's IST… and our X-… codes belong to the analyzer.
#pragma once

#include <string_view>

namespace sni::code {

// SL10xx: how a command was called.
/// Unknown or missing flag, value out of range.
inline constexpr std::string_view kUsage = "SL1001";
/// A file that was named cannot be read.
inline constexpr std::string_view kUnreadableFile = "SL1002";

// SL11xx: the lab on record.
/// The record in the state folder is damaged.
inline constexpr std::string_view kBadRecord = "SL1101";
/// A lab already runs with this state folder.
inline constexpr std::string_view kLabRunning = "SL1102";
inline constexpr std::string_view kNoLab = "SL1103";  ///< no lab is on record
/// The lab on record ended without cleaning up.
inline constexpr std::string_view kLabGone = "SL1104";
/// The scenario asks for what the lab cannot run.
inline constexpr std::string_view kNotRunnable = "SL1105";
inline constexpr std::string_view kNoIdentity = "SL1106";  ///< no identity to expect a signature of
/// The command after -- could not be started.
inline constexpr std::string_view kCommandFailed = "SL1107";
inline constexpr std::string_view kStillRunning = "SL1108";  ///< the lab did not stop in time
/// A Secret's or a pair's content cannot be used.
inline constexpr std::string_view kBadSecret = "SL1109";
/// Others may look into the state folder.
inline constexpr std::string_view kOpenFolder = "SL1110";
/// A state folder or an identity that others own or may write.
inline constexpr std::string_view kForeignState = "SL1111";

// SL21xx: not routed.
inline constexpr std::string_view kConnectRefused = "SL2101";  ///< nothing listens
inline constexpr std::string_view kConnectFailed = "SL2102";   ///< timed out or unreachable
inline constexpr std::string_view kAlert = "SL2103";  ///< the handshake ended in a TLS alert
/// Reset or closed during the handshake.
inline constexpr std::string_view kHandshakeCut = "SL2104";
inline constexpr std::string_view kHandshakeTimeout = "SL2105";  ///< silence during the handshake
inline constexpr std::string_view kNotTls = "SL2106";    ///< the other side does not speak TLS
inline constexpr std::string_view kTlsError = "SL2107";  ///< OpenSSL refused the handshake
/// The connection broke off during the request.
inline constexpr std::string_view kRequestCut = "SL2108";
inline constexpr std::string_view kOtherBackend = "SL2109";  ///< another backend signed

// SL22xx: the certificate that was seen.
inline constexpr std::string_view kCertName = "SL2201";  ///< for another name
inline constexpr std::string_view kCertExpired = "SL2202";
inline constexpr std::string_view kCertNotYetValid = "SL2203";
inline constexpr std::string_view kCertChain = "SL2204";  ///< does not lead to --cacert
inline constexpr std::string_view kCertPin = "SL2205";    ///< not the one of --pin
/// Not the one that the lab's backend serves.
inline constexpr std::string_view kCertNotTheLabs = "SL2206";
inline constexpr std::string_view kCertWeakKey = "SL2207";  ///< shorter than anybody accepts

// SL23xx: the statement and the session.
inline constexpr std::string_view kNoStatement = "SL2301";  ///< the proof was not answered
inline constexpr std::string_view kBadEnvelope = "SL2302";  ///< what came back is no envelope
/// Not signed by the identity expected.
inline constexpr std::string_view kBadSignature = "SL2303";
/// Signed, but no statement of a known version.
inline constexpr std::string_view kBadDocument = "SL2304";
inline constexpr std::string_view kOtherNonce = "SL2305";  ///< a statement for another probe
/// The request arrived in plain text.
inline constexpr std::string_view kNoTlsAtBackend = "SL2306";
/// The two ends are in different TLS sessions.
inline constexpr std::string_view kExporterDiffers = "SL2307";
/// The backend serves another certificate than was seen.
inline constexpr std::string_view kLeafDiffers = "SL2308";
/// Version, suite, group, … differ at the two ends.
inline constexpr std::string_view kEngineDiffers = "SL2309";
inline constexpr std::string_view kNoExporter = "SL2310";  ///< the client's TLS gave none
/// TLS 1.2 without EMS, or older.
inline constexpr std::string_view kNoMasterSecretBinding = "SL2311";
inline constexpr std::string_view kResumed = "SL2312";  ///< no full handshake
/// What left here is not what the backend received.
inline constexpr std::string_view kSentDiffers = "SL2313";
/// What the backend sent is not what arrived here.
inline constexpr std::string_view kReceivedDiffers = "SL2314";
inline constexpr std::string_view kHelloDiffers = "SL2315";  ///< another ClientHello arrived
/// One end did not digest its streams.
inline constexpr std::string_view kNoStreams = "SL2316";
inline constexpr std::string_view kNoHello = "SL2317";  ///< one end kept no ClientHello
/// Some connections were proven and others not.
inline constexpr std::string_view kSamples = "SL2318";
inline constexpr std::string_view kUnattested =
    "SL2319";  ///< a saved proof whose verifier is unknown
/// A saved proof that its verifier did not sign.
inline constexpr std::string_view kSavedAltered = "SL2320";
inline constexpr std::string_view kSavedUnreadable =
    "SL2321";  ///< no saved proof of a known version
/// Asked for, and it did not arrive.
inline constexpr std::string_view kCanaryLost = "SL2322";
/// The backend tells of no session with this client's hello.
inline constexpr std::string_view kSessionUnseen = "SL2323";
/// The backend's --admin could not be asked.
inline constexpr std::string_view kSessionsUnread = "SL2324";
/// Taken back directly, but not through the gateway.
inline constexpr std::string_view kTicketRefused = "SL2325";
inline constexpr std::string_view kNoTicket = "SL2326";  ///< none that even the direct path takes
/// The identity is the key of a certificate that was served.
inline constexpr std::string_view kIdentityServed = "SL2327";

// SL24xx: the answer, and who else can read it.
inline constexpr std::string_view kStatus = "SL2401";  ///< not the status expected
inline constexpr std::string_view kNoForwardSecrecy = "SL2402";
inline constexpr std::string_view kKeyLog = "SL2403";  ///< the backend writes its secrets to a file
/// The probe ended before this could be seen.
inline constexpr std::string_view kNotLookedAt = "SL2404";

// SL30xx: certificates, keys and identities.
inline constexpr std::string_view kOpenSsl = "SL3001";     ///< OpenSSL refused what should work
inline constexpr std::string_view kBadName = "SL3002";     ///< a name no certificate can carry
inline constexpr std::string_view kPairExists = "SL3003";  ///< and nobody said --force
/// A key without its certificate, or the other way round.
inline constexpr std::string_view kPairIncomplete = "SL3004";
/// Broken PEM, an encrypted key, or a key of another certificate.
inline constexpr std::string_view kBadPair = "SL3005";
inline constexpr std::string_view kBadIdentity = "SL3006";   ///< no Ed25519 key, or the wrong half
inline constexpr std::string_view kExposedKey = "SL3007";    ///< others may read a private key
inline constexpr std::string_view kBadAuthority = "SL3008";  ///< the lab CA cannot sign this

// SL50xx: the router and its routes.
inline constexpr std::string_view kBadRoute = "SL5001";  ///< a route that cannot be read
/// A backend's or listener's name has no address.
inline constexpr std::string_view kCannotResolve = "SL5002";
/// A listener that other machines can reach.
inline constexpr std::string_view kNotOnlyLocal = "SL5003";
inline constexpr std::string_view kRouteToSelf =
    "SL5004";                                            ///< a route to the router's own listener
inline constexpr std::string_view kNoRoutes = "SL5005";  ///< a routes file without a route
/// A routes file that can be read only once.
inline constexpr std::string_view kRoutesOnce = "SL5006";
/// --max-connections asks for more than the descriptors are enough for
inline constexpr std::string_view kTooFewDescriptors = "SL5020";
/// accept(2) fails on a listener, and not for a shortage that passes
inline constexpr std::string_view kCannotAccept = "SL5021";

// SL60xx: the backend.
/// A certificate or key it cannot serve.
inline constexpr std::string_view kBackendCertificate = "SL6001";
/// Client certificates without a CA that can check them.
inline constexpr std::string_view kBackendClientCa = "SL6002";
/// TLS versions, ciphers or protocols that make no sense.
inline constexpr std::string_view kBackendPolicy = "SL6003";
/// TLS secrets are written to a file.
inline constexpr std::string_view kBackendKeyLog = "SL6004";
/// Certificate, ciphers and versions with which no handshake succeeds.
inline constexpr std::string_view kNoHandshake = "SL6005";

// SL65xx: the benchmark.
/// A router that is to be measured does not answer.
inline constexpr std::string_view kBenchSubject = "SL6501";
inline constexpr std::string_view kBenchStopped = "SL6502";  ///< a signal came before the end
/// Lost, late or altered answers under load.
inline constexpr std::string_view kBenchErrors = "SL6503";
inline constexpr std::string_view kBenchGate = "SL6504";  ///< a ratio above its --max-ratio
/// The hypervisor took more than figures can bear.
inline constexpr std::string_view kBenchSteal = "SL6505";

// SL70xx: the machine.
/// An error nobody gave a message of its own.
inline constexpr std::string_view kUnexpected = "SL7000";
inline constexpr std::string_view kPortInUse = "SL7001";  ///< somebody else listens on the address
inline constexpr std::string_view kNoPermission = "SL7002";
inline constexpr std::string_view kCannotWrite = "SL7003";  ///< disk full, read-only, not a folder
/// An address this machine does not have, or cannot listen on.
inline constexpr std::string_view kCannotListen = "SL7004";

// SL12xx: this machine has no room for a lab.
/// Too few descriptors may be opened.
inline constexpr std::string_view kNoRoomForLab = "SL1220";
/// 127.0.0.1 cannot be reached.
inline constexpr std::string_view kNoLoopback = "SL1221";

}  // namespace sni::code
