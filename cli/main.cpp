#include <iostream>

#include <unistd.h>

#include "cli/app.h"
#include "cli/standard_streams.h"

int main(int argc, char** argv) {
    using namespace sni::cli;
    open_standard_descriptors();
    DescriptorBuffer answers(STDOUT_FILENO);
    std::streambuf* const before = std::cout.rdbuf(&answers);
    const int exit = run({argv + 1, argv + argc}, std::cout, std::cerr);
    std::cout.rdbuf(before);
    return exit;
}
