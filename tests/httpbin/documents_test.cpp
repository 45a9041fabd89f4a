// What never changes comes from the files in data/, byte for byte.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "lab/httpbin/data.h"
#include "lab/httpbin/routes.h"
#include "tests/support/catch.h"

namespace httpbin_documents_test {

using namespace sni;
using namespace sni::httpbin;

namespace {

const std::filesystem::path kData = std::filesystem::path(SNI_LAB_SOURCE_DIR) / "lab/httpbin/data";

std::string bytes_in(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

Response got(const std::string& path) {
    return respond({.method = "GET", .target = path, .path = path}, {}, {});
}

}  // namespace

TEST_CASE("every file in data/ is compiled in, images included", "[httpbin]") {
    std::size_t files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(kData)) {
        const std::string name = entry.path().filename();
        CAPTURE(name);
        CHECK(embedded(name) == bytes_in(entry.path()));
        ++files;
    }
    CHECK(files == embedded_files().size());
}

TEST_CASE("every fixed document and image has its file", "[httpbin]") {
    const auto [path, file] = GENERATE(table<std::string, std::string>({
        {"/html", "moby-dick.html"},
        {"/%68tml", "moby-dick.html"},
        {"/forms/post", "pizza.html"},
        {"/encoding/utf8", "utf8.html"},
        {"/json", "slides.json"},
        {"/xml", "slides.xml"},
        {"/robots.txt", "robots.txt"},
        {"/deny", "deny.txt"},
        {"/image/webp", "square.webp"},
        {"/image/svg", "teapot.svg"},
        {"/image/jpeg", "square.jpeg"},
        {"/image/png", "square.png"},
        {"/status/418", "teapot.txt"},
    }));
    CAPTURE(path);
    CHECK(got(path).body == bytes_in(kData / file));
}

TEST_CASE("pages for people are whole, with nothing left to fill in", "[httpbin]") {
    const std::string path = GENERATE("/", "/tls", "/tls/exporter");
    const std::string page =
        respond(
            {.method = "GET", .target = path, .path = path, .headers = {{"Accept", "text/html"}}},
            {}, {.name = "pod-<1>"})
            .body;
    CAPTURE(page);
    CHECK(page.starts_with("<!DOCTYPE html>"));
    CHECK(page.ends_with("</html>\n"));
    CHECK(page.contains("color-scheme: light dark;"));
    CHECK(page.contains("<title>"));
    CHECK_FALSE(page.contains("<title></title>"));
    CHECK_FALSE(page.contains("pod-<1>"));
}

}  // namespace httpbin_documents_test
