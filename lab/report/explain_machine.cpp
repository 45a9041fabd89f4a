// Explanations of SL70xx: the machine.
#include <array>

#include "lab/core/codes.h"
#include "lab/report/explain_tables.h"

namespace sni::report {

namespace {

constexpr auto kMachineExplanations = std::to_array<Explanation>({
    {code::kUnexpected, "", "The machine refused something, and no message of its own fits.",
     "Descriptors, memory or threads ran out, or a system call failed that seldom does.",
     "The text is the system's own reason; ulimit -a shows the limits of this shell."},
    {code::kPortInUse, "", "Somebody else listens on this address already.",
     "Another lab, router or web server runs there; the message names the process when it is "
     "yours.",
     "Stop it (sni-lab down for a lab), or choose another port with --listen."},
    {code::kNoPermission, "", "The system does not allow it.",
     "A port below 1024 without the right to it, or a file, folder or process of another user.",
     "Choose a port from 1024 on, or a folder of your own with --state or --out."},
    {code::kCannotWrite, "", "Something could not be written.",
     "The disk is full, the file system is read-only, or what is named is a folder or lies in "
     "none.",
     "df -h and ls -ld of its folder tell which; choose another place."},
    {code::kCannotListen, "", "This address cannot be listened on.",
     "This machine does not have it, it belongs to an interface that is down, or no port is free.",
     "ip address shows what it has; 127.0.0.1 and [::1] are always its own."},
});

}  // namespace

std::span<const Explanation> machine_explanations() {
    return kMachineExplanations;
}

}  // namespace sni::report
