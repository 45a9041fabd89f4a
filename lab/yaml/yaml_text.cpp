#include "lab/yaml/yaml_text.h"

#include <algorithm>

#include <fmt/format.h>

#include "lab/core/encoding.h"
#include "lab/core/pem_text.h"
#include "lab/yaml/codes.h"
#include "lab/yaml/yaml_builder.h"

namespace sni::yaml {

bool readable_text(int file, const std::string& text, Findings& findings, const Limits& limits) {
    const auto refuse = [&](std::size_t offset, std::string_view message, std::string hint) {
        findings.error(code::kYamlEncoding, spot_of_offset(file, {text, 0}, offset),
                       std::string(message), {}, std::move(hint));
        return false;
    };
    if (text.size() > limits.bytes) {
        findings.error(code::kYamlLimit, {.file = file},
                       fmt::format("the file has {} bytes, more than the {} that are read",
                                   text.size(), limits.bytes),
                       {}, "split it into several files");
        return false;
    }
    if (text.starts_with(kPemBegin)) {
        findings.error(code::kYamlSyntax, {.file = file},
                       "the file is a key or a certificate (PEM)", {},
                       "name the file or folder with the manifests");
        return false;
    }
    const std::string_view head = std::string_view(text).substr(0, 2);
    if (head == "\xFF\xFE" || head == "\xFE\xFF") {
        findings.error(code::kYamlEncoding, {.file = file}, "the file is UTF-16", {},
                       "save it as UTF-8");
        return false;
    }
    const std::size_t valid = valid_utf8_prefix(text);
    const auto control = std::ranges::find_if(text, [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return (byte < 0x20 && c != '\t' && c != '\n' && c != '\r') || byte == 0x7F;
    });
    const auto bad = static_cast<std::size_t>(control - text.begin());
    if (bad < valid) {
        const auto byte = static_cast<unsigned char>(*control);
        return refuse(bad, fmt::format("the byte 0x{:02x} cannot stand in a text file", byte),
                      "is this a binary file, or was it cut?");
    }
    if (valid < text.size()) {
        const auto byte = static_cast<unsigned char>(text[valid]);
        return refuse(valid, fmt::format("the byte 0x{:02x} is not UTF-8 here", byte),
                      "save the file as UTF-8");
    }
    return true;
}

std::string normalized(std::string_view text) {
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    std::string plain;
    plain.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool line_end = text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n';
        if (!line_end) plain.push_back(text[i]);
    }
    return plain;
}

}  // namespace sni::yaml
