#include "lab/witness/log.h"

#include <cerrno>
#include <system_error>
#include <utility>

#include <unistd.h>

#include "lab/core/codes.h"
#include "lab/core/diagnostic.h"
#include "lab/core/encoding.h"
#include "lab/log/line_log.h"
#include "lab/proof/match/record.h"
#include "lab/witness/clock.h"

namespace sni::witness {

namespace {

/// Opens the file, and claims it.
log::Output open_sessions_log(const std::string& path, log::FileClaim& claim) {
    if (path == "-") return log::open_standard(STDOUT_FILENO);
    const std::string hint = "name another file with --log, or - for stdout";
    log::Output output = log::open_file({.path = path}, "the witness's log", hint);
    const auto claimed = claim.claim(path);
    if (claimed) return output;
    throw Failure(Exit::machine, code::kCannotWrite,
                  "cannot write the witness's log \"" + printable(path) + "\"",
                  claimed.error() == EWOULDBLOCK
                      ? "another witness that runs writes it, and a record of two cannot be read"
                      : std::generic_category().message(claimed.error()),
                  hint);
}

std::string entry_line(const Log::Entry& entry) {
    const auto* session = std::get_if<proof::WitnessedSession>(&entry);
    return (session ? encode(*session) : std::get<std::string>(entry)) + "\n";
}

/// What peers chose, and how much they said.
std::size_t entry_weight(const Log::Entry& entry) {
    const auto* session = std::get_if<proof::WitnessedSession>(&entry);
    if (!session) return std::get<std::string>(entry).size();
    std::size_t bytes = session->sni.value_or("").size();
    for (const std::string& name : session->alpn) {
        bytes += sizeof(std::string) + name.size();
    }
    return bytes +
           sizeof(Digest) * (session->up.checkpoints.size() + session->down.checkpoints.size());
}

}  // namespace

Log::Log(const std::string& path, std::string name)
    : path_(path),
      name_(std::move(name)),
      part_{now()},
      queue_(open_sessions_log(path, claim_), entry_line, entry_weight) {}

void Log::end() {
    if (has_begun_.exchange(false)) queue_.push(proof::log_ended_line(name_, now(), queue_.lost()));
    queue_.close();
}

void Log::begin() {
    std::call_once(begun_, [this] {
        queue_.push(proof::log_began_line(name_, part_.run, part_));
        has_begun_ = true;
    });
}

void Log::write(proof::WitnessedSession session) {
    begin();
    queue_.push(std::move(session));
}

void Log::reopen() {
    if (path_ == "-") return;
    log::Output output = open_sessions_log(path_, claim_);
    begin();
    ++part_.number;
    queue_.replace(std::move(output), proof::log_began_line(name_, now(), part_));
}

}  // namespace sni::witness
