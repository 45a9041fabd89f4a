# Compiles every file below scenarios/ into a target. Included, it offers embed_scenarios(TARGET);
# run with cmake -P, it writes the source file.

if(CMAKE_SCRIPT_MODE_FILE)
    set(entries "")
    string(REPLACE "|" ";" files "${FILES}")
    foreach(file IN LISTS files)
        file(READ "${ROOT}/${file}" text)
        string(APPEND entries "    {\"${file}\", R\"sni_lab(${text})sni_lab\"},\n")
    endforeach()
    file(WRITE "${OUT}"
"#include \"lab/scenario/catalogue.h\"

namespace sni::scenario {

namespace {

constexpr EmbeddedFile kFiles[] = {
${entries}};

}  // namespace

std::span<const EmbeddedFile> embedded_files() {
    return kFiles;
}

}  // namespace sni::scenario
")
    return()
endif()

set(sni_embed_script "${CMAKE_CURRENT_LIST_FILE}")

function(embed_scenarios target)
    set(root "${PROJECT_SOURCE_DIR}/scenarios")
    file(GLOB_RECURSE files CONFIGURE_DEPENDS RELATIVE "${root}" "${root}/*")
    list(SORT files)
    list(TRANSFORM files PREPEND "${root}/" OUTPUT_VARIABLE paths)
    # The list is part of the command, so that a file that comes or goes runs it again.
    list(JOIN files "|" joined)
    set(out "${PROJECT_BINARY_DIR}/embedded_scenarios.cpp")
    add_custom_command(OUTPUT "${out}"
        COMMAND "${CMAKE_COMMAND}" "-DROOT=${root}" "-DOUT=${out}" "-DFILES=${joined}"
            -P "${sni_embed_script}"
        DEPENDS ${paths} "${sni_embed_script}"
        COMMENT "Embedding the scenarios"
        VERBATIM)
    target_sources(${target} PRIVATE "${out}")
endfunction()
