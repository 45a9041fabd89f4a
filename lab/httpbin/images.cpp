#include <algorithm>
#include <array>
#include <vector>

#include "lab/core/dns_name.h"
#include "lab/core/encoding.h"
#include "lab/httpbin/handlers.h"

namespace sni::httpbin {

namespace {

struct Image {
    std::string_view kind;
    std::string_view type;
    std::string_view base64;  ///< empty: it is the SVG
};

// The same picture four times: a square of 64 by 64 pixels in the lab's colour.
constexpr auto kImages = std::to_array<Image>({
    {"webp", "image/webp", "UklGRhgAAABXRUJQVlA4TAwAAAAvP8APAKheF1rX/wA="},
    {"svg", "image/svg+xml", ""},
    {"jpeg", "image/jpeg",
     "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI"
     "CAgICAgICAgICAgICAgICAgICAj/wAARCABAAEADAREAAhEAAxEA/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcI"
     "CQoL/8QAFBABAAAAAAAAAAAAAAAAAAAAAP/aAAwDAQACAAMAAD8A5doOIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
     "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAD/9k="},
    {"png", "image/png",
     "iVBORw0KGgoAAAANSUhEUgAAAEAAAABAAQMAAACQp+OdAAAAA1BMVEULenVekMb0AAAAD0lEQVR42mNgGAWjgHwAAAJA"
     "AAHgTR1EAAAAAElFTkSuQmCC"},
});

constexpr std::string_view kSvg =
    R"(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64" width="64" height="64">
<title>a teapot, short and stout</title>
<rect width="64" height="64" fill="#0b7a75"/>
<g fill="none" stroke="#fff" stroke-width="3" stroke-linecap="round">
<path d="M18 28h26v14a9 9 0 0 1-9 9h-8a9 9 0 0 1-9-9z"/>
<path d="M44 31c8-2 10 10-1 12M18 38c-6-1-5-8-9-9M21 28c3-8 17-8 20 0M31 20v-2"/>
</g>
</svg>
)";

Response picture(const Image& image) {
    Response response{.headers = {{"Content-Type", std::string(image.type)}}};
    if (image.base64.empty()) {
        response.body = kSvg;
        return response;
    }
    const auto bytes = from_base64(image.base64).value_or(std::vector<std::byte>());
    response.body.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return response;
}

const Image& png() {
    return kImages.back();
}

}  // namespace

Response image(const Exchange& exchange) {
    const std::string* header = http::find_header(exchange.request.headers, "Accept");
    if (!header) return picture(png());
    const std::string accept = to_lower_ascii(*header);
    for (const Image& image : kImages) {
        if (accept.contains(image.type)) return picture(image);
    }
    // "*/*" is what curl says; httpbin has no image for it, and surprises everybody.
    if (accept.contains("image/*") || accept.contains("*/*")) return picture(png());
    return not_acceptable();
}

Response image_of_kind(const Exchange& exchange) {
    const auto found = std::ranges::find(kImages, exchange.parameters.at(0), &Image::kind);
    if (found == kImages.end())
        return error_response(404, "the images are png, jpeg, webp and svg");
    return picture(*found);
}

}  // namespace sni::httpbin
