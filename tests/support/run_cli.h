// A command line run in this process, as main() would run it.
#pragma once

#include <sstream>
#include <string>
#include <vector>

#include "cli/app.h"

namespace sni::test {

struct Ran {
    int status;
    std::string out;
    std::string err;
};

inline Ran run(const std::vector<std::string>& args) {
    std::ostringstream out;
    std::ostringstream err;
    const int status = cli::run(args, out, err);
    return {status, out.str(), err.str()};
}

}  // namespace sni::test
