#include "lab/httpbin/random.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <random>
#include <span>
#include <vector>

#include <openssl/rand.h>
#include <sys/random.h>

#include "lab/core/codes.h"
#include "lab/core/diagnostic.h"
#include "lab/core/encoding.h"

namespace sni::httpbin {

namespace {

/// |seed| as little-endian 32-bit words, zero as one word: the key that CPython seeds with.
std::optional<std::vector<std::uint32_t>> seed_words(std::string_view seed) {
    if (seed.starts_with('-') || seed.starts_with('+')) seed.remove_prefix(1);
    const bool digits = !seed.empty() && seed.size() <= 1000 &&
                        std::ranges::all_of(seed, [](char c) { return c >= '0' && c <= '9'; });
    if (!digits) return std::nullopt;
    std::vector<std::uint32_t> words{0};
    for (const char digit : seed) {
        std::uint64_t carry = static_cast<std::uint64_t>(digit - '0');
        for (std::uint32_t& word : words) {
            carry += std::uint64_t{word} * 10;
            word = static_cast<std::uint32_t>(carry);
            carry >>= 32;
        }
        if (carry != 0) words.push_back(static_cast<std::uint32_t>(carry));
    }
    return words;
}

/// A seed sequence that fills std::mt19937's state as Matsumoto's init_by_array does (the
/// reference code of 2002-01-26); std::seed_seq fills it in another way.
class InitByArray {
  public:
    using result_type = std::uint32_t;

    explicit InitByArray(std::vector<std::uint32_t> key) : key_(std::move(key)) {}

    template <class Iterator>
    void generate(Iterator first, Iterator last) const {
        const auto size = static_cast<std::size_t>(last - first);
        std::vector<std::uint32_t> state(size);
        state[0] = 19650218u;
        for (std::size_t i = 1; i < size; ++i) {
            state[i] = 1812433253u * mixed(state[i - 1]) + static_cast<std::uint32_t>(i);
        }
        std::size_t i = 1;
        const auto advance = [&] {
            if (++i == size) {
                state[0] = state[size - 1];
                i = 1;
            }
        };
        std::size_t j = 0;
        for (std::size_t k = std::max(size, key_.size()); k > 0; --k) {
            state[i] = (state[i] ^ (mixed(state[i - 1]) * 1664525u)) + key_[j] +
                       static_cast<std::uint32_t>(j);
            advance();
            j = (j + 1) % key_.size();
        }
        for (std::size_t k = size - 1; k > 0; --k) {
            state[i] =
                (state[i] ^ (mixed(state[i - 1]) * 1566083941u)) - static_cast<std::uint32_t>(i);
            advance();
        }
        state[0] = 0x80000000u;
        std::ranges::copy(state, first);
    }

  private:
    static std::uint32_t mixed(std::uint32_t word) { return word ^ (word >> 30); }

    std::vector<std::uint32_t> key_;
};

/// A few bytes come from the kernel at once: OpenSSL's generator takes a twentieth of a whole
/// request to draw 16. Up to 256 are never interrupted (getrandom(2)).
void fill_random(void* into, std::size_t count) {
    if (count <= 256 && ::getrandom(into, count, 0) == static_cast<ssize_t>(count)) return;
    if (RAND_bytes(static_cast<unsigned char*>(into), static_cast<int>(count)) == 1) return;
    throw Failure(Exit::machine, code::kUnexpected, "OpenSSL has no random bytes");
}

}  // namespace

std::string random_bytes(std::size_t count) {
    std::string data(count, '\0');
    if (count > 0) fill_random(data.data(), count);
    return data;
}

double random_fraction() {
    std::uint64_t bits = 0;
    fill_random(&bits, sizeof bits);
    return static_cast<double>(bits >> 11) * 0x1p-53;
}

std::string random_uuid() {
    std::array<unsigned char, 16> b{};
    fill_random(b.data(), b.size());
    b[6] = static_cast<unsigned char>((b[6] & 0x0F) | 0x40);
    b[8] = static_cast<unsigned char>((b[8] & 0x3F) | 0x80);
    std::string text = to_hex(std::as_bytes(std::span(b)));
    for (const std::size_t dash : {8u, 13u, 18u, 23u}) {
        text.insert(dash, 1, '-');
    }
    return text;
}

std::optional<std::string> seeded_bytes(std::string_view seed, std::size_t count) {
    auto words = seed_words(seed);
    if (!words) return std::nullopt;
    InitByArray sequence(std::move(*words));
    std::mt19937 twister;
    twister.seed(sequence);
    std::string data;
    data.reserve(count);
    while (data.size() < count) {
        // Python's randint(0, 255) draws nine bits and rejects what is above 255.
        const auto draw = static_cast<std::uint32_t>(twister()) >> 23;
        if (draw <= 255) data += static_cast<char>(draw);
    }
    return data;
}

}  // namespace sni::httpbin
