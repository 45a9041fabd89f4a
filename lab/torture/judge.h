// What became of a shape, from what the client saw of it and what the two ends behind the gateway
// answered. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lab/core/diagnostic.h"
#include "lab/torture/shape.h"

namespace sni::torture {

/// What the ends send before everything else, so that a client knows whom it reached; then each
/// sends back what it gets, and this behind the client's own end.
inline constexpr std::string_view kTargetSays = "sni-lab target\n";
inline constexpr std::string_view kDecoySays = "sni-lab decoy\n";
inline constexpr std::string_view kEndSays = "sni-lab end\n";

/// An end knows a client's bytes by how they begin: its hello's random is within, and nobody else
/// has it. With fewer it cannot.
inline constexpr std::size_t kUnmistakable = 64;

/// How the connection to the gateway ended.
enum class Ending {
    open,         ///< it did not, as long as the client waited
    fin,          ///< the gateway finished sending
    reset,        ///< it broke the connection
    unconnected,  ///< there was none: the gateway takes no connections
};

/// What the ends behind the gateway got of a shape.
struct Arrived {
    bool target = false;      ///< else the decoy
    bool ended = false;       ///< its connection is over
    std::uint64_t bytes = 0;  ///< so many came
    bool same = true;         ///< and they are the first so many of what was sent
    bool operator==(const Arrived&) const = default;
};

/// What one client saw.
struct Seen {
    std::string answer;  ///< all bytes that came back
    Ending ending = Ending::open;
    std::string trouble;                ///< why there was no connection
    bool refused = false;               ///< it was since nothing listens there
    std::chrono::milliseconds took{0};  ///< from the connection to its end, or to the whole answer
    /// The ends were asked where it arrived, whatever came back; then nothing: nowhere.
    bool stated = false;
    std::optional<Arrived> arrived;
    std::string untold;       ///< why they did not say although they were asked; empty: they did
    std::size_t stalled = 0;  ///< so many others had begun a hello
};

enum class Verdict {
    right,      ///< arrived where it may, byte for byte
    refused,    ///< arrived nowhere
    unknown,    ///< the ends did not say, or it could not be asked at all
    misrouted,  ///< arrived where it must not
    altered,    ///< arrived with other bytes
    lost,       ///< a part of it did not arrive, or of the answer
    hung,       ///< neither answered nor closed
    crashed,    ///< the gateway was gone
};
inline constexpr Verdict kVerdicts[] = {Verdict::right,     Verdict::refused, Verdict::unknown,
                                        Verdict::misrouted, Verdict::altered, Verdict::lost,
                                        Verdict::hung,      Verdict::crashed};
std::string_view to_string(Verdict verdict);
std::optional<Verdict> verdict_named(std::string_view word);

/// Always wrong, whatever the RFCs make of the shape.
bool is_red(Verdict verdict);

struct Finding {
    std::string shape;  ///< its name
    Verdict verdict = Verdict::hung;
    /// As the RFCs have it: passed what has to pass, refused what has to be refused, and with an
    /// alert where one is owed.
    bool well = false;
    std::string how;                    ///< "alert decode_error (50)", "the first 12 bytes came"
    std::optional<std::uint8_t> alert;  ///< that the gateway gave in place of an answer
    std::chrono::milliseconds took{0};
    bool operator==(const Finding&) const = default;
};

Finding judge(const Shape& shape, const Seen& seen);

/// The worse of two findings about one shape; the first when neither is.
Finding worse(Finding one, Finding other);

/// The whole answer to `shape` is there, when it arrives as it was sent: nothing more will come.
bool is_answered(const Shape& shape, std::string_view answer, std::size_t wire_bytes);

/// Findings by the name of their shape.
using Baseline = std::map<std::string, Finding, std::less<>>;

/// What fails a run: red, or worse than it was if there is a baseline. What is not known, now or
/// then, is neither.
bool fails(const Finding& finding, const Baseline* baseline = nullptr);

/// 1 when anything fails, else 3 when anything is not known, else 0.
Exit exit_of(const std::vector<Finding>& findings, const Baseline* baseline = nullptr);

}  // namespace sni::torture
