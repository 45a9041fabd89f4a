// Headless Chromium as a witness: what a page becomes, and what it does over TLS.
#pragma once

#include <string>
#include <vector>

#include "tests/support/lab_folder.h"
#include "tests/support/process.h"
#include "tests/support/temp_folder.h"

namespace sni::test {

/// True when Chromium is there; else the test says that it was not run.
inline bool have_chromium() {
    return have("chromium");
}

/// The document behind `url` after its scripts have run, as Chromium writes it out. Its profile is
/// a folder of its own that goes away.
/// `environment` is of the form "NAME=value".
inline std::string dump_dom(const std::string& url, const std::vector<std::string>& flags = {},
                            const std::string& environment = "LC_ALL=C") {
    const TempFolder profile;
    std::vector<std::string> command = {"env",
                                        environment,
                                        "chromium",
                                        "--headless=new",
                                        "--no-sandbox",
                                        "--disable-gpu",
                                        "--hide-scrollbars",
                                        "--disable-dev-shm-usage",
                                        "--no-first-run",
                                        "--disable-background-networking",
                                        "--disable-component-update",
                                        "--user-data-dir=" + profile.path().string()};
    command.insert(command.end(), flags.begin(), flags.end());
    command.insert(command.end(), {"--dump-dom", url});
    return run_program(command).out;
}

}  // namespace sni::test
