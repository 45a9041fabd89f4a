#include "cli/caught.h"

#include <cerrno>
#include <exception>
#include <new>
#include <ostream>
#include <string>
#include <system_error>

#include "lab/core/codes.h"

namespace sni::cli {

namespace {

/// What the machine ran out of says which limit to raise.
std::string way_out(const std::system_error& error) {
    switch (error.code().value()) {
        case EMFILE:
        case ENFILE:
            return "too few files may be open: ulimit -n 1024";
        case EAGAIN:
            return "no further thread can be started: see ulimit -u and ulimit -v";
        default:
            return "";
    }
}

}  // namespace

Failure caught() {
    try {
        throw;
    } catch (const Failure& failure) {
        return failure;
    } catch (const std::system_error& error) {
        return {Exit::machine, code::kUnexpected, error.what(), {}, way_out(error)};
    } catch (const std::bad_alloc&) {
        return {Exit::machine,
                code::kUnexpected,
                "there is no memory left",
                {},
                "raise the limit of the shell: ulimit -v unlimited"};
    } catch (const std::exception& error) {
        return {Exit::machine, code::kUnexpected, error.what()};
    }
}

void tell(const Failure& failure, std::ostream& err) {
    for (const Diagnostic& diagnostic : failure.diagnostics()) {
        err << render(diagnostic);
    }
}

void tell_caught(std::ostream& err) noexcept {
    try {
        tell(caught(), err);
    } catch (const std::exception&) {
        err << "sni-lab: error: there is no memory left\n";
    }
}

}  // namespace sni::cli
