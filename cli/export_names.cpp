#include <utility>

#include "certs/store.h"
#include "cli/export_input.h"
#include "cli/flags.h"
#include "cli/state.h"
#include "lab/core/shell_quote.h"

namespace sni::cli {

exporting::Names names_of(const ExportFlags& flags, std::string_view usual_file) {
    const bool own_state = flags.state != default_state();
    const std::filesystem::path state = flags.state;
    return {.file = shell_quoted(flags.out.empty() ? usual_file : flags.out),
            .state = shell_quoted(state.string()),
            .certgen = own_state ? "sni-lab certgen --state " + shell_quoted(state.string())
                                 : "sni-lab certgen",
            .identity = shell_quoted(identity_file(state).string()),
            .client_ca = shell_quoted((certs_folder(state) / "lab-ca.crt").string()),
            .image = shell_quoted(image_of(flags)),
            .pair = [state](const std::string& host) {
                const certs::PairPaths paths = certs::pair_paths(certs_folder(state), host);
                return std::pair(shell_quoted(paths.cert.string()),
                                 shell_quoted(paths.key.string()));
            }};
}

std::string usual_image() {
    return "localhost/sni-lab:" SNI_LAB_VERSION;
}

std::string image_of(const ExportFlags& flags) {
    return flags.image.empty() ? usual_image() : flags.image;
}

}  // namespace sni::cli
