// What a call threw, as text to compare.
#pragma once

#include <string>

#include "lab/core/diagnostic.h"

namespace sni::test {

struct Refusal {
    Exit exit = Exit::yes;
    std::string code;
    std::string file;
    std::string message;
};

/// Runs `call` and returns its Failure; Exit::yes when it did not fail.
template <class Call>
Refusal refusal_of(Call call) {
    try {
        call();
    } catch (const Failure& failure) {
        const Diagnostic& first = failure.diagnostics().front();
        return {failure.exit(), first.code, first.place.file, first.message};
    }
    return {};
}

}  // namespace sni::test
