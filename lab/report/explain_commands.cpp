// Explanations of SL10xx to SL12xx: how a command was called, the lab on record, room for a lab.
#include <array>

#include "lab/core/codes.h"
#include "lab/report/explain_tables.h"

namespace sni::report {

namespace {

constexpr auto kCommandExplanations = std::to_array<Explanation>({
    {code::kUsage, "", "The command line says something that the command does not take.",
     "A command, flag or scenario is misspelt, a value is out of its range or empty, or two flags "
     "exclude each other.",
     "The message says which word; sni-lab help COMMAND shows what it takes."},
    {code::kUnreadableFile, "", "A file that was named cannot be read.",
     "It is not there, belongs to somebody else, is a folder, or is larger than what is read.",
     "ls -l FILE; paths are looked up from the folder that the command runs in."},
    {code::kBadRecord, "", "The record of the running lab, lab.json, cannot be used.",
     "Another version of sni-lab wrote it, or it was changed or cut since.",
     "sni-lab down removes it; then sni-lab up makes a new one."},
    {code::kLabRunning, "", "A lab already runs with this state folder.",
     "sni-lab up ran before, here or in another terminal, and was not stopped.",
     "sni-lab status shows it, sni-lab down stops it; --state DIR keeps a second lab apart."},
    {code::kNoLab, "routed", "No lab is on record in the state folder, or one is still starting.",
     "verify --running, status, logs and get never start a lab of their own; up was not run, or "
     "ran with another --state.",
     "sni-lab up --detach, then sni-lab verify --running --wait 10s."},
    {code::kLabGone, "routed", "The lab on record is not running any more.",
     "Its process was killed or crashed before it could remove its record.",
     "sni-lab down removes the record; sni-lab logs may say why it ended."},
    {code::kNotRunnable, "", "The manifests are valid, but the lab cannot run them.",
     "A pod behind PASSTHROUGH mounts no TLS Secret, no port has a route, or a reload asks for "
     "backends and ports that the running lab was not started with.",
     "Do what the hint says at the place that is named; after a refused reload, sni-lab down and "
     "up."},
    {code::kNoIdentity, "", "There is no identity that the backend's statement could be held to.",
     "verify --gateway was asked without --identity, and the state folder has no identity of its "
     "own.",
     "Copy the FILE.pub that stands beside the backend's --identity, and give it as --identity."},
    {code::kCommandFailed, "", "The command behind up --once -- could not be started.",
     "It is not in PATH, is not executable, or its interpreter is missing.",
     "Try it alone in the same shell; a shell's own words need sh -c '…'."},
    {code::kStillRunning, "", "The lab did not end within the time that down waits.",
     "It is stopped (Ctrl-Z or kill -STOP), or hangs.",
     "The message has the line to type: fg or kill -CONT wakes a stopped one, kill -KILL ends any; "
     "sni-lab down afterwards removes what it left."},
    {code::kBadSecret, "",
     "A certificate or key in the manifests or in the folder of certificates "
     "cannot be used.",
     "Its base64 or PEM is broken, the key belongs to another certificate, or the Secret holds "
     "something else.",
     "openssl x509 -in FILE -noout -text shows what it is; sni-lab certgen --force makes a new "
     "pair, kubectl create secret tls a new Secret."},
    {code::kOpenFolder, "", "Others on this machine may look into the state folder.",
     "It was made by hand or by a checkout, with a mode that lets them in. Private keys lie in it.",
     "chmod 700 the folder; keys that others could read should be made again."},
    {code::kForeignState, "",
     "The state folder, or a file in it that decides an answer, belongs to another user or may be "
     "written by others.",
     "The folder came with a checkout, an archive or a shared disk, or was made by sudo. Whoever "
     "may write it chooses whose signature is believed and which process is told to stop.",
     "Use a folder of your own with --state, name the key with --identity FILE, or take the folder "
     "over: chown and chmod 700."},
    {code::kNoRoomForLab, "", "This process may open too few files and sockets for a lab.",
     "The shell's limit (ulimit -n) is low, and so is the most that it may be raised to.",
     "ulimit -n 1024 in the shell, or LimitNOFILE= of the service that starts it."},
    {code::kNoLoopback, "", "127.0.0.1 cannot be reached on this machine, where a lab lives.",
     "The loopback interface is down, as in a network namespace that was just made.",
     "ip link set lo up, as root."},
});

}  // namespace

std::span<const Explanation> command_explanations() {
    return kCommandExplanations;
}

}  // namespace sni::report
