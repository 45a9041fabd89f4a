// Writes every shape of torture into the folder argv[1], a file each, as seeds for a fuzzer.
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>

#include "lab/torture/generator.h"

int main(int argc, char** argv) try {
    if (argc != 2) return 2;
    const std::filesystem::path folder = argv[1];
    std::filesystem::create_directories(folder);
    for (const sni::torture::Shape& shape : sni::torture::all_shapes("httpbin.example.com")) {
        std::string name = shape.name;
        name[name.find('/')] = '-';
        std::ofstream(folder / name, std::ios::binary) << sni::as_text(shape.wire());
    }
    return 0;
} catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
