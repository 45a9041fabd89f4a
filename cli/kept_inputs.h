// What a command reads is not what it writes over: a slip of the tongue must not cost a manifest, a
// key or the evidence that was to be judged.
#pragma once

#include <string_view>

namespace CLI {
class App;
}

namespace sni::cli {

/// Whether `flag` ("--junit") takes the name of a file that is written.
bool is_written(std::string_view flag);

/// Throws Failure(Exit::usage) where a file that `command` would write (--junit, --html, --save,
/// --out, --write-baseline, --pcap, --access-log, --log, --keylog) is there and is named to be
/// read, too: by another flag or as an argument, also through a link or as one of the manifests of
/// a folder; where it is one of the state folder's own (STATE/lab.json, lab.lock,
/// lab.log, the keys); or where two of them are one file. A baseline may be written anew into
/// itself. To be called when the command line is read, and before anything is written.
void keep_inputs(const CLI::App& command);

}  // namespace sni::cli
