// What is served as it lies in data/.
#include <algorithm>
#include <array>
#include <cassert>

#include <fmt/format.h>

#include "lab/core/dns_name.h"
#include "lab/http/query.h"
#include "lab/httpbin/data.h"
#include "lab/httpbin/handlers.h"

namespace sni::httpbin {

namespace {

struct Document {
    std::string_view path;
    std::string_view file;
    std::string_view type;
};

constexpr std::string_view kHtml = "text/html; charset=utf-8";
constexpr std::string_view kPlainText = "text/plain; charset=utf-8";

constexpr auto kDocuments = std::to_array<Document>({
    {"/html", "moby-dick.html", kHtml},
    {"/forms/post", "pizza.html", kHtml},
    {"/encoding/utf8", "utf8.html", kHtml},
    {"/json", "slides.json", "application/json"},
    {"/xml", "slides.xml", "application/xml"},
    {"/robots.txt", "robots.txt", kPlainText},
    {"/deny", "deny.txt", kPlainText},
});

/// The same picture three times, a square of 64 by 64 pixels in the lab's colour, and a better one;
/// the first that a client accepts is sent.
constexpr auto kImages = std::to_array<Document>({
    {"webp", "square.webp", "image/webp"},
    {"svg", "teapot.svg", "image/svg+xml"},
    {"jpeg", "square.jpeg", "image/jpeg"},
    {"png", "square.png", "image/png"},
});

Response serve(const Document& document) {
    return {.headers = {{"Content-Type", std::string(document.type)}},
            .body = std::string(embedded(document.file))};
}

}  // namespace

std::string_view embedded(std::string_view name) {
    const auto file = std::ranges::find(embedded_files(), name, &EmbeddedFile::path);
    assert(file != embedded_files().end() && "the build embeds data/, and a test reads each");
    return file->text;
}

Response page(std::string_view title, std::string_view content) {
    return html_response(fmt::format(fmt::runtime(embedded("page.html")), fmt::arg("title", title),
                                     fmt::arg("style", embedded("style.css")),
                                     fmt::arg("content", content)));
}

Response document(const Exchange& exchange) {
    const std::string path = http::percent_decode(exchange.request.path);
    const auto found = std::ranges::find(kDocuments, path, &Document::path);
    assert(found != kDocuments.end() && "every route to this has its line in the table");
    return serve(*found);
}

namespace {

Response accepted_image(const Request& request) {
    const Document& png = kImages.back();
    const auto header = http::list_header(request.headers, "Accept");
    if (!header) return serve(png);
    const std::string accept = to_lower_ascii(*header);
    for (const Document& image : kImages) {
        if (accept.contains(image.type)) return serve(image);
    }
    // "*/*" is what curl says; httpbin has no image for it, and surprises everybody.
    if (accept.contains("image/*") || accept.contains("*/*")) return serve(png);
    return not_acceptable();
}

}  // namespace

Response image(const Exchange& exchange) {
    Response response = accepted_image(exchange.request);
    response.headers.push_back({"Vary", "Accept"});
    return response;
}

Response image_of_kind(const Exchange& exchange) {
    const auto found = std::ranges::find(kImages, exchange.parameters.at(0), &Document::path);
    if (found == kImages.end())
        return error_response(404, "the images are png, jpeg, webp and svg");
    return serve(*found);
}

}  // namespace sni::httpbin
