#include "certs/atomic_file.h"

#include "lab/core/codes.h"
#include "tests/support/catch.h"
#include "tests/support/temp_folder.h"

namespace certs_atomic_file_test {

using namespace sni;
using certs::Folder;
using certs::Replacement;
using certs::TemporaryFile;

TEST_CASE("a replacement that is not committed leaves everything as it was", "[certs]") {
    const test::TempFolder temp;
    test::spill(temp / "old", "before");
    const auto before = test::picture_of(temp.path());
    const Folder folder(temp.path());
    {
        Replacement replacement(folder);
        replacement.put_aside("old");
        TemporaryFile again(folder, "old", "after", 0600);
        TemporaryFile fresh(folder, "new", "fresh", 0600);
        replacement.put(again);
        replacement.put(fresh);
        CHECK(test::slurp(temp / "old") == "after");
    }
    CHECK(test::picture_of(temp.path()) == before);
}

TEST_CASE("one that is committed leaves nothing of what was there", "[certs]") {
    const test::TempFolder temp;
    test::spill(temp / "old", "before");
    const Folder folder(temp.path());
    Replacement replacement(folder);
    replacement.put_aside("nothing");
    replacement.put_aside("old");
    TemporaryFile again(folder, "old", "after", 0600);
    replacement.put(again);
    replacement.commit();
    CHECK(test::picture_of(temp.path()).size() == 1);
    CHECK(test::slurp(temp / "old") == "after");
}

TEST_CASE("a temporary file is gone unless it was placed, and never takes another's place",
          "[certs]") {
    const test::TempFolder temp;
    test::spill(temp / "there", "first");
    const Folder folder(temp.path());
    {
        TemporaryFile file(folder, "there", "second", 0600);
        CHECK_FALSE(file.place_new());
    }
    CHECK(test::slurp(temp / "there") == "first");
    CHECK(test::picture_of(temp.path()).size() == 1);
}

TEST_CASE("what is no regular file is not replaced", "[certs]") {
    const test::TempFolder temp;
    std::filesystem::create_symlink("nowhere", temp / "link");
    std::filesystem::create_directory(temp / "folder");
    const Folder folder(temp.path());
    CHECK(certs::is_there(temp / "link"));
    CHECK(folder.kind("link") == Folder::Kind::link);
    CHECK_NOTHROW(folder.refuse_odd_target("nothing", true));
    CHECK_NOTHROW(folder.refuse_odd_target("link", false));
    CHECK_THROWS_AS(folder.refuse_odd_target("link", true), Failure);
    CHECK_THROWS_AS(folder.refuse_odd_target("folder", false), Failure);
}

}  // namespace certs_atomic_file_test
