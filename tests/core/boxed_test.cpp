#include "lab/core/boxed.h"

#include <string>

#include "tests/support/catch.h"

namespace core_boxed_test {

using sni::Boxed;

TEST_CASE("a box is a pointer in size and a value in kind", "[core]") {
    static_assert(sizeof(Boxed<std::string>) == sizeof(void*));
    Boxed<std::string> one = std::string("one");
    Boxed<std::string> copy = one;
    CHECK(copy == one);
    *copy = "other";
    CHECK_FALSE(copy == one);
    CHECK(*one == "one");
    copy = one;
    CHECK(copy == one);
    const Boxed<std::string> moved = std::move(copy);
    CHECK(moved->size() == 3);
}

TEST_CASE("an empty box is like another empty one, and like no full one", "[core]") {
    Boxed<std::string> full = std::string();
    const Boxed<std::string> empty = std::optional<std::string>();
    CHECK_FALSE(empty);
    CHECK(empty == Boxed<std::string>());
    CHECK_FALSE(empty == full);
    full.reset();
    CHECK(empty == full);
    CHECK_FALSE(Boxed<std::string>(empty));
}

}  // namespace core_boxed_test
