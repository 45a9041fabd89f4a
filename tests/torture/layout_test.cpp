#include "lab/torture/layout.h"

#include <algorithm>

#include "lab/torture/hello_builder.h"
#include "tests/support/catch.h"

namespace torture_layout_test {

using namespace sni;
using torture::Layout;
using torture::LengthField;

namespace {

const LengthField& length(const Layout& layout, std::string_view name) {
    const auto found = std::ranges::find(layout.lengths, name, &LengthField::name);
    REQUIRE(found != layout.lengths.end());
    return *found;
}

}  // namespace

TEST_CASE("borders stand inside the hello, one behind the other, each with its own name",
          "[torture]") {
    const auto wire = torture::hello_for("shop.example.com");
    const Layout layout = torture::layout_of(wire);
    REQUIRE(layout.borders.size() > 20);
    for (std::size_t i = 0; i < layout.borders.size(); ++i) {
        CAPTURE(layout.borders[i].name);
        CHECK(layout.borders[i].at > 0);
        CHECK(layout.borders[i].at < wire.size());
        if (i > 0) CHECK(layout.borders[i - 1].at <= layout.borders[i].at);
    }
}

TEST_CASE("a length counts what is behind it", "[torture]") {
    const auto wire = torture::hello_for("shop.example.com");
    const Layout layout = torture::layout_of(wire);
    const auto ends_at = [&](std::string_view name) {
        const LengthField& field = length(layout, name);
        return field.at + field.width + field.value(wire);
    };
    CHECK(length(layout, "record").at == 3);
    CHECK(ends_at("record") == wire.size());
    CHECK(ends_at("message") == wire.size());
    CHECK(ends_at("extensions") == wire.size());
    CHECK(length(layout, "sni-name").value(wire) == std::string_view("shop.example.com").size());
    CHECK(ends_at("sni-name") == ends_at("sni-list"));
    CHECK(ends_at("sni-list") == ends_at("sni-extension"));
}

}  // namespace torture_layout_test
