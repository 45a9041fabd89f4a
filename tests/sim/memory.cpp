#include "tests/sim/memory.h"

#include <cstdlib>
#include <new>

#include <fmt/format.h>

#include "tests/sim/kernel.h"
#include "tests/sim/tape.h"

namespace sni::sim {

namespace {

thread_local bool in_program = false;
thread_local Tape* lots = nullptr;
thread_local std::uint32_t one_in = 0;
thread_local bool only_one = false;
thread_local std::int64_t held = 0;
thread_local std::uint64_t refused = 0;

}  // namespace

NotTheProgram::NotTheProgram() : before_(in_program) {
    in_program = false;
}

NotTheProgram::~NotTheProgram() {
    in_program = before_;
}

TheProgram::TheProgram(Tape& tape, std::uint32_t refuse, bool once) {
    lots = &tape;
    only_one = once;
    one_in = refuse;
    in_program = true;
}

TheProgram::~TheProgram() {
    in_program = false;
    lots = nullptr;
}

std::int64_t pieces_held() {
    return held;
}

std::uint64_t refusals() {
    return refused;
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

namespace {

/// Stands before each piece, and says whose it is; as large as the strictest alignment.
struct alignas(std::max_align_t) Label {
    bool of_program;
};

void* give(std::size_t size) noexcept {
    if (in_program && one_in > 0) {
        const NotTheProgram here;
        if (lots->one_in(one_in)) {
            ++refused;
            if (only_one) one_in = 0;
            Kernel::current()->note([&] { return fmt::format("no memory for {}", size); });
            return nullptr;
        }
    }
    auto* const label = static_cast<Label*>(std::malloc(sizeof(Label) + size));
    if (!label) return nullptr;
    label->of_program = in_program;
    held += in_program;
    return label + 1;
}

void take_back(void* piece) noexcept {
    if (!piece) return;
    Label* const label = static_cast<Label*>(piece) - 1;
    held -= label->of_program;
    std::free(label);
}

}  // namespace

#endif

}  // namespace sni::sim

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

void* operator new(std::size_t size) {
    void* const piece = sni::sim::give(size);
    if (!piece) throw std::bad_alloc();
    return piece;
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    return sni::sim::give(size);
}
void operator delete(void* piece) noexcept {
    sni::sim::take_back(piece);
}
void operator delete(void* piece, std::size_t) noexcept {
    sni::sim::take_back(piece);
}
void operator delete(void* piece, const std::nothrow_t&) noexcept {
    sni::sim::take_back(piece);
}

#endif
