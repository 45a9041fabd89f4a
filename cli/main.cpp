#include <iostream>

#include "cli/app.h"

int main(int argc, char** argv) {
    return sni::cli::run({argv + 1, argv + argc}, std::cout, std::cerr);
}
