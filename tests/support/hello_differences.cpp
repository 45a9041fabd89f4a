// hello_differences random COUNT [SEED] | near SECONDS: hellos that were right once, read twice, by
// the reader that routes and by one made from the RFCs' grammar. Prints how many there were of each
// verdict, and ends with 1 at the first that they read differently.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "lab/core/encoding.h"
#include "tests/support/hello_difference.h"
#include "tests/support/hello_mutations.h"

namespace {

using namespace sni;
using namespace sni::test;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kLimit = 4'096;

/// What was asked so far.
class Comparison {
  public:
    /// False when the two differ; then it has been told.
    bool ask(const Buffer& wire, std::size_t step) {
        const HelloReading one = read_by_sniffer(wire, kLimit, step);
        ++verdicts_[one.verdict];
        ++asked_;
        if (one == read_by_grammar(as_text(wire), kLimit)) return true;
        fmt::print("{} in pieces of {}: {}\n", to_hex(wire), step,
                   difference(wire, kLimit, step).value_or("nothing, the second time"));
        return false;
    }
    std::uint64_t asked() const { return asked_; }
    double seconds() const { return std::chrono::duration<double>(Clock::now() - began_).count(); }
    void tell() const {
        fmt::print("{} hellos in {:.1f} s, read twice, no difference:", asked_, seconds());
        for (const auto& [verdict, count] : verdicts_) {
            fmt::print(" {} {}", verdict, count);
        }
        fmt::print("\n");
    }

  private:
    const Clock::time_point began_ = Clock::now();
    std::uint64_t asked_ = 0;
    std::map<std::string_view, std::uint64_t> verdicts_;
};

int compare_random(std::uint64_t count, std::uint32_t seed) {
    std::mt19937 random(seed);
    const std::vector<Hello> seeds = right_hellos();
    Comparison comparison;
    while (comparison.asked() < count) {
        const Buffer wire = wrong_hello(seeds[comparison.asked() % seeds.size()], random);
        if (!comparison.ask(wire, 1 + random() % 300)) return 1;
    }
    comparison.tell();
    return 0;
}

/// As short as hellos can be with what is looked at in them, so that what is near them is most of
/// what there is.
std::vector<std::pair<const char*, Buffer>> short_hellos() {
    Hello bare;
    bare.session_id = {};
    bare.cipher_suites = number(0x1301, 2);
    bare.extensions = {};
    Hello named = bare;
    named.extensions = server_name("a.b");
    Hello two_names = bare;
    two_names.extensions = extension(0, vec(2, host_entry("a") + host_entry("b", 1)));
    Hello full = bare;
    full.extensions =
        server_name("1.2.3.4") + alpn({"h2"}) + extension(43, vec(1, number(0x304, 2)));
    return {{"without extensions", record(bare.message())},
            {"a name, in two records", records(named.message(), 60)},
            {"two names", record(two_names.message())},
            {"an address, a protocol and a version", record(full.message())}};
}

/// Hellos that differ from `right` in up to three octets, those of the random left out, which no
/// rule speaks of: one and two with every value there is, three with those that tell.
class Neighbourhood {
  public:
    Neighbourhood(const Buffer& right, Comparison& comparison, Clock::time_point until)
        : right_(right), wire_(right), comparison_(comparison), until_(until) {
        constexpr std::size_t kRandom = 11, kBehindRandom = 43;
        for (std::size_t at = 0; at < right.size(); ++at) {
            if (at < kRandom || at >= kBehindRandom) places_.push_back(at);
        }
    }

    /// False at a difference. `whole` is false when the time was over.
    bool ask() { return ask_from(0, 2, false) && ask_from(0, 3, true); }
    bool whole() const { return whole_; }

  private:
    /// With `more` octets to change, the first of them at places_[first] or behind.
    bool ask_from(std::size_t first, int more, bool telling) {
        for (std::size_t i = first; i < places_.size(); ++i) {
            const std::size_t at = places_[i];
            for (unsigned value = 0; value < 256; ++value) {
                const auto octet = static_cast<std::byte>(value);
                if (octet == right_[at] || (telling && !tells(octet, right_[at]))) continue;
                if (Clock::now() > until_) {
                    whole_ = false;
                    return true;
                }
                wire_[at] = octet;
                const bool same = (telling && more > 1) || comparison_.ask(wire_, wire_.size());
                if (!same || (more > 1 && !ask_from(i + 1, more - 1, telling))) return false;
            }
            wire_[at] = right_[at];
        }
        return true;
    }

    /// Numbers next to the right one, small ones, large ones, and the letters of names.
    static bool tells(std::byte octet, std::byte right) {
        const auto value = std::to_integer<int>(octet);
        const int distance = value - std::to_integer<int>(right);
        return value <= 4 || value == 16 || value == 22 || value == 43 || value == '.' ||
               value == ':' || value == 0x80 || value == 0xFF || (distance >= -2 && distance <= 2);
    }

    const Buffer& right_;
    Buffer wire_;
    Comparison& comparison_;
    Clock::time_point until_;
    std::vector<std::size_t> places_;
    bool whole_ = true;
};

int compare_near(double seconds) {
    const auto hellos = short_hellos();
    for (const auto& [name, hello] : hellos) {
        Comparison comparison;
        const std::chrono::duration<double> share(seconds / static_cast<double>(hellos.size()));
        Neighbourhood near(hello, comparison,
                           Clock::now() + std::chrono::duration_cast<Clock::duration>(share));
        fmt::print("{}, {} octets: ", name, hello.size());
        if (!near.ask()) return 1;
        if (!near.whole()) fmt::print("not all of them; ");
        comparison.tell();
        std::fflush(stdout);
    }
    return 0;
}

}  // namespace

int main(int argc, char** argv) try {
    const std::string_view what = argc > 1 ? argv[1] : "";
    if (what == "random" && (argc == 3 || argc == 4)) {
        return compare_random(std::stoull(argv[2]),
                              argc == 4 ? static_cast<std::uint32_t>(std::stoul(argv[3])) : 1);
    }
    if (what == "near" && argc == 3) return compare_near(std::stod(argv[2]));
    fmt::print(stderr, "usage: hello_differences random COUNT [SEED] | near SECONDS\n");
    return 2;
} catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 2;
}
