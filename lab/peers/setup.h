// What starts somebody's router: its files and its command line. A value.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace sni::peers {

struct Setup {
    std::vector<std::pair<std::string, std::string>> files;  ///< name in its folder, content
    std::vector<std::string> command;                        ///< a path first
    bool operator==(const Setup&) const = default;
};

}  // namespace sni::peers
