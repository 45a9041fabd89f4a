// The commands to type after an export, in order, up to the proof.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace sni::exporting {

/// `command` may have several lines; it can be pasted into a shell.
struct Step {
    std::string does;
    std::string command;
    bool operator==(const Step&) const = default;
};

/// Each with its comment line.
std::string script(const std::vector<Step>& steps);

/// The files that the steps speak of, as words of a shell.
struct Names {
    std::string file;       ///< what was exported
    std::string state;      ///< the state folder
    std::string certgen;    ///< the command that makes pairs where `pair` looks for them
    std::string identity;   ///< private half; its public half has .pub behind it
    std::string client_ca;  ///< certificate of the CA that signs clients' certificates
    std::string image;
    /// Certificate and key of the pair whose first name is given.
    std::function<std::pair<std::string, std::string>(const std::string& host)> pair;
};

}  // namespace sni::exporting
