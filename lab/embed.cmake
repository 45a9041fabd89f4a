# Compiles every file below a folder into a target. Included, it offers
# embed_files(TARGET FOLDER HEADER NAMESPACE): the header declares EmbeddedFile, a path below FOLDER and what is in it,
# and embedded_files(), all of them; run with cmake -P, it writes the source file.

if(CMAKE_SCRIPT_MODE_FILE)
    set(entries "")
    string(REPLACE "|" ";" files "${FILES}")
    foreach(file IN LISTS files)
        if(file MATCHES "\\.(png|jpeg|webp)$")
            file(READ "${ROOT}/${file}" bytes HEX)
            string(REGEX REPLACE "(..)" "\\\\x\\1" bytes "${bytes}")
            string(APPEND entries "    {\"${file}\", \"${bytes}\"sv},\n")
        else()
            file(READ "${ROOT}/${file}" text)
            string(APPEND entries "    {\"${file}\", R\"sni_lab(${text})sni_lab\"},\n")
        endif()
    endforeach()
    file(WRITE "${OUT}"
"#include \"${HEADER}\"

namespace ${NAMESPACE} {

namespace {

using namespace std::string_view_literals;

constexpr EmbeddedFile kFiles[] = {
${entries}};

}  // namespace

std::span<const EmbeddedFile> embedded_files() {
    return kFiles;
}

}  // namespace ${NAMESPACE}
")
    return()
endif()

set(sni_embed_script "${CMAKE_CURRENT_LIST_FILE}")

function(embed_files target folder header namespace)
    set(root "${PROJECT_SOURCE_DIR}/${folder}")
    file(GLOB_RECURSE files CONFIGURE_DEPENDS RELATIVE "${root}" "${root}/*")
    list(SORT files)
    list(TRANSFORM files PREPEND "${root}/" OUTPUT_VARIABLE paths)
    # The list is part of the command, so that a file that comes or goes runs it again.
    list(JOIN files "|" joined)
    string(REPLACE "/" "_" name "embedded_${folder}.cpp")
    set(out "${PROJECT_BINARY_DIR}/${name}")
    add_custom_command(OUTPUT "${out}"
        COMMAND "${CMAKE_COMMAND}" "-DROOT=${root}" "-DOUT=${out}" "-DFILES=${joined}" "-DHEADER=${header}"
            "-DNAMESPACE=${namespace}" -P "${sni_embed_script}"
        DEPENDS ${paths} "${sni_embed_script}"
        COMMENT "Embedding what is in ${folder}"
        VERBATIM)
    # A target of its own: what makes a file waits for every library that its target is linked with.
    add_library(${target}_files OBJECT "${out}")
    set_target_properties(${target}_files PROPERTIES UNITY_BUILD OFF)
    target_link_libraries(${target}_files PRIVATE sni_options)
    target_sources(${target} PRIVATE $<TARGET_OBJECTS:${target}_files>)
endfunction()
