#include "cli/kept_inputs.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/App.hpp>
#include <fmt/format.h>

#include "cli/flags.h"
#include "cli/manifest_folder.h"
#include "cli/state.h"
#include "lab/core/encoding.h"

namespace sni::cli {

namespace {

namespace fs = std::filesystem;

constexpr auto kOutputs =
    std::to_array<std::string_view>({"--junit", "--html", "--save", "--out", "--write-baseline",
                                     "--pcap", "--access-log", "--log", "--keylog"});

struct Named {
    std::string flag;  ///< empty for an argument
    fs::path file;
};

/// Of "WHO=FILE" the file, too, and of "-" what stdin was redirected from.
void add(std::vector<Named>& all, const std::string& flag, const std::string& word) {
    all.push_back({flag, input_file(word)});
    if (const std::size_t equals = word.find('='); equals != std::string::npos)
        all.push_back({flag, word.substr(equals + 1)});
}

bool is_file(const fs::path& path) {
    std::error_code none;
    return fs::is_regular_file(path, none);
}

bool same(const fs::path& one, const fs::path& other) {
    std::error_code none;
    return fs::equivalent(one, other, none);
}

/// Files that are not there yet are told by their names, however they are spelled.
bool will_be_same(const fs::path& one, const fs::path& other) {
    std::error_code none;
    if (fs::exists(one, none) || fs::exists(other, none)) return is_file(one) && same(one, other);
    return fs::weakly_canonical(fs::absolute(one), none) ==
           fs::weakly_canonical(fs::absolute(other), none);
}

/// Only arguments are folders of manifests.
bool reads(const Named& input, const fs::path& file, bool recursive) {
    std::error_code none;
    if (!input.flag.empty() || !fs::is_directory(input.file, none)) return same(input.file, file);
    try {
        const FolderFiles within = list_folder(input.file.string(), recursive);
        const auto is_it = [&](const std::string& path) { return same(path, file); };
        return std::ranges::any_of(within.manifests, is_it) ||
               (within.checks && is_it(*within.checks)) || (within.lab && is_it(*within.lab));
    } catch (const fs::filesystem_error&) {
        return false;  // whoever reads it says so
    }
}

std::string shown(const Named& output) {
    return fmt::format("{} \"{}\"", output.flag, printable(output.file.native()));
}

void refuse_inputs(const Named& output, const std::vector<Named>& inputs, bool recursive) {
    const bool there = is_file(output.file);
    for (const Named& input : inputs) {
        const bool anew = output.flag == "--write-baseline" && input.flag == "--baseline";
        // An identity that is not there yet is made.
        const bool is_it =
            there ? reads(input, output.file, recursive)
                  : input.flag == "--identity" && will_be_same(input.file, output.file);
        if (anew || !is_it) continue;
        refuse(shown(output) + " is one of the inputs",
               "choose another name: what the file holds would be lost");
    }
}

/// What a lab and its verifier keep in the state folder.
std::vector<fs::path> kept_files(const fs::path& state) {
    std::vector<fs::path> files = {lab_record(state), lab_lock(state), lab_log(state),
                                   older_lab_log(state), former_lab_log(state)};
    for (const fs::path& key : {identity_file(state), verifier_file(state)}) {
        files.push_back(key);
        files.push_back(key.string() + ".pub");
    }
    return files;
}

void refuse_kept(const Named& output, const fs::path& state) {
    std::vector<fs::path> kept = kept_files(state);
    // Another place for it may well be the one where proof check looks for it.
    if (output.flag != "--save") kept.push_back(latest_proof(state));
    const bool is_it = std::ranges::any_of(
        kept, [&](const fs::path& file) { return will_be_same(file, output.file); });
    if (!is_it) return;
    refuse(shown(output) + " is a file of the state folder's own",
           "choose another name: the lab and the proofs rely on what it holds");
}

void refuse_twins(const std::vector<Named>& outputs) {
    for (auto output = outputs.begin(); output != outputs.end(); ++output) {
        const auto twin = std::find_if(outputs.begin(), output, [&](const Named& other) {
            return will_be_same(other.file, output->file);
        });
        if (twin == output) continue;
        refuse(fmt::format("{} and {} are the same file", twin->flag, shown(*output)),
               "choose another name for one of them");
    }
}

}  // namespace

bool is_written(std::string_view flag) {
    return std::ranges::find(kOutputs, flag) != kOutputs.end();
}

void keep_inputs(const CLI::App& command) {
    std::vector<Named> outputs, inputs;
    for (const CLI::Option* option : command.get_options()) {
        if (option->count() == 0 || option->get_items_expected_max() == 0) continue;
        const std::string flag = option->get_positional() ? "" : option->get_name();
        for (const std::string& word : option->results()) {
            if (!is_written(flag)) {
                add(inputs, flag, word);
            } else if (word != "-" && word != "off") {
                outputs.push_back({flag, word});
            }
        }
    }
    const CLI::Option* const all = command.get_option_no_throw("--recursive");
    const bool recursive = all && all->count() > 0;
    const CLI::Option* const state = command.get_option_no_throw("--state");
    for (const Named& output : outputs) {
        refuse_inputs(output, inputs, recursive);
        if (state)
            refuse_kept(output,
                        state->count() > 0 ? fs::path(state->as<std::string>()) : default_state());
    }
    refuse_twins(outputs);
}

}  // namespace sni::cli
