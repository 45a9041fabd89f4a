// Documents whose fields are named once.
#include "lab/core/json_fields.h"

#include <limits>

#include "tests/support/catch.h"

using namespace sni;

namespace {

enum class Colour { red, green };

std::string_view to_string(Colour colour) {
    return colour == Colour::red ? "red" : "green";
}

struct Leaf {
    std::uint8_t vein = 0;
    bool operator==(const Leaf&) const = default;
};

struct Tree {
    std::string name;
    std::string bark;  // any bytes
    std::optional<std::string> moss;
    std::vector<std::byte> ring;
    std::int64_t height = 0;
    std::uint64_t age = 0;
    bool alive = false;
    Colour colour = Colour::red;
    Digest digest{};
    Endpoint where = loopback(1);
    std::chrono::milliseconds grew{0};
    std::chrono::sys_seconds planted;
    std::vector<Leaf> leaves;
    std::optional<Leaf> bud;
    std::optional<Leaf> fruit;
    int north = 0;
    bool operator==(const Tree&) const = default;
};

}  // namespace

namespace sni {

template <>
struct JsonWords<Colour> {
    static constexpr std::array all = {Colour::red, Colour::green};
};

template <>
struct JsonFields<Leaf> {
    static void visit(auto& field, auto& leaf) { field("vein", leaf.vein); }
};

template <>
struct JsonFields<Tree> {
    static void visit(auto& field, auto& tree) {
        field("name", tree.name);
        field.bytes("bark", tree.bark);
        field.bytes("moss", tree.moss);
        field.bytes("ring", tree.ring);
        field("height", tree.height);
        field("age", tree.age);
        field("alive", tree.alive);
        field("colour", tree.colour);
        field("digest", tree.digest);
        field("where", tree.where);
        field("grew_ms", tree.grew);
        field("planted", tree.planted);
        field("leaves", tree.leaves);
        field("bud", tree.bud);
        field.or_word("fruit", tree.fruit, "none");
        field.within("sides", [&](auto& side) { side("north", tree.north); });
    }
};

}  // namespace sni

namespace {

constexpr std::string_view kSchema = "test/tree/1";

Tree oak() {
    return {.name = "oak",
            .bark = std::string("\0\xff", 2),
            .moss = "",
            .ring = {std::byte{7}},
            .height = -3,
            .age = std::numeric_limits<std::uint64_t>::max(),
            .alive = true,
            .colour = Colour::green,
            .grew = std::chrono::milliseconds(5),
            .planted = std::chrono::sys_seconds(std::chrono::seconds(1'700'000'000)),
            .leaves = {{.vein = 1}, {.vein = 255}},
            .bud = Leaf{.vein = 2},
            .fruit = Leaf{.vein = 3},
            .north = 4};
}

Result<Tree, DocumentError> read(const nlohmann::json& document) {
    return read_document<Tree>(document.dump(), kSchema);
}

}  // namespace

TEST_CASE("a document that was written is read as it was", "[core]") {
    CHECK(read(write_document(oak(), kSchema)) == oak());
    CHECK(read(write_document(Tree{}, kSchema)) == Tree{});
    CHECK(write_document(Tree{}, kSchema).at("fruit") == "none");
    CHECK(write_document(Tree{}, kSchema).at("bud").is_null());
}

TEST_CASE("a document without any one of its fields, or with one more, is none", "[core]") {
    const nlohmann::json whole = write_document(oak(), kSchema);
    for (const auto& [name, value] : whole.items()) {
        CAPTURE(name);
        nlohmann::json less = whole;
        less.erase(name);
        CHECK(read(less).error() == DocumentError::missing_field);
    }
    for (const char* inside : {"/sides/south", "/bud/stalk", "/leaves/1/stalk", "/crown"}) {
        CAPTURE(inside);
        nlohmann::json more = whole;
        more[nlohmann::json::json_pointer(inside)] = 1;
        CHECK(read(more).error() == DocumentError::unknown_field);
    }
}

TEST_CASE("a field of another type is told from one with a value that nobody writes", "[core]") {
    const nlohmann::json whole = write_document(oak(), kSchema);
    for (const auto& [name, value] : whole.items()) {
        CAPTURE(name);
        nlohmann::json other = whole;
        other[name] = 1.5;
        CHECK(read(other).error() == DocumentError::wrong_type);
    }
    const std::vector<std::pair<const char*, nlohmann::json>> bad = {
        {"/colour", "blue"},         {"/digest", "00"},       {"/where", "nowhere"},
        {"/bark", "no base64!"},     {"/leaves/0/vein", 256}, {"/ring", "%"},
        {"/sides/north", 1ull << 40}};
    for (const auto& [where, value] : bad) {
        CAPTURE(where);
        nlohmann::json other = whole;
        other[nlohmann::json::json_pointer(where)] = value;
        CHECK(read(other).error() == DocumentError::bad_value);
    }
    nlohmann::json below = whole;
    below["age"] = -1;
    CHECK(read(below).error() == DocumentError::wrong_type);
}

TEST_CASE("a document of another schema is told before anything in it is read", "[core]") {
    CHECK(read({{"schema", "test/tree/2"}, {"other", 1}}).error() == DocumentError::unknown_schema);
    CHECK(read_document<Tree>("[]", kSchema).error() == DocumentError::wrong_type);
    CHECK(read_document<Tree>("{", kSchema).error() == DocumentError::not_json);
}
