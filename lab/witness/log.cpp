#include "lab/witness/log.h"

#include <unistd.h>

#include "lab/log/line_log.h"

namespace sni::witness {

namespace {

log::Output open_sessions_log(const std::string& path) {
    if (path == "-") return log::open_standard(STDOUT_FILENO);
    return log::open_file({.path = path}, "the witness's log",
                          "name another file with --log, or - for stdout");
}

std::string session_line(const proof::WitnessedSession& session) {
    return encode(session) + "\n";
}

/// What peers chose, and how much they said.
std::size_t session_weight(const proof::WitnessedSession& session) {
    std::size_t bytes = session.sni.value_or("").size();
    for (const std::string& name : session.alpn) {
        bytes += sizeof(std::string) + name.size();
    }
    return bytes +
           sizeof(Digest) * (session.up.checkpoints.size() + session.down.checkpoints.size());
}

}  // namespace

Log::Log(const std::string& path)
    : path_(path), queue_(open_sessions_log(path), session_line, session_weight) {}

void Log::write(const proof::WitnessedSession& session) {
    queue_.push(session);
}

void Log::reopen() {
    if (path_ != "-") queue_.replace(open_sessions_log(path_));
}

}  // namespace sni::witness
