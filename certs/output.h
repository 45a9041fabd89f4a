// Files that a user named for an answer: a report, an export. What is a file is replaced whole;
// what is a device, a pipe or this program's own stdout is written to, as a shell's redirection
// would.
#pragma once

#include <filesystem>
#include <string_view>

namespace sni::certs {

/// The mode of a new file in `folder`: what the umask leaves it.
int new_file_mode(const std::filesystem::path& folder);

/// Throws Failure(Exit::usage) for what holds PEM, in its first 64 kB and at a line's beginning: a
/// key or a certificate by whose name something else would be written. Nothing of what cannot be
/// read.
void refuse_pem(const std::filesystem::path& file);

/// Takes away what an earlier run wrote at `file`, so that nobody takes it for this run's, should
/// this one never be written. Only a regular file goes, at the end of links too, or is emptied
/// where it has a mode of its own, for write_output() to keep, or its folder does not let it go; a
/// device, a pipe, a folder, a link and a descriptor of ours (/dev/fd/3) stay. Throws
/// Failure(Exit::usage) for a key or a certificate, as write_output() does.
void clear_output(const std::filesystem::path& file);

/// Writes `content`. A link is followed; a file that is there keeps its mode, and a new one has
/// what the umask leaves it. What may be written but not replaced (a file that is a mount, or in
/// another user's folder) is written in place. Where `file` is this process's own stdout or stderr,
/// however it was redirected, or another descriptor of ours (/dev/fd/3), it goes behind what was
/// written there; flush your streams before. Throws Failure(Exit::machine), also for a folder, and
/// as refuse_pem() does: no answer is worth a key.
void write_output(const std::filesystem::path& file, std::string_view content);

}  // namespace sni::certs
