// What is the same for every part that operators ask.
#include "lab/admin/ops.h"

#include "tests/support/catch.h"

namespace admin_ops_test {

using namespace sni;

namespace {

struct Part : admin::Ops {
    bool serves = false;
    std::optional<std::string> broken;

    bool started() const override { return serves; }
    std::optional<std::string> fault() const override { return broken; }
    admin::Pages own_pages() const override {
        return {{"/metrics", [this] {
                     return admin::metrics_page(
                         admin::common_metrics("part", "the papers", "talks", standing()));
                 }}};
    }
};

}  // namespace

TEST_CASE("a part is healthy unless it has a fault, and ready only between start and drain",
          "[admin]") {
    Part part;
    const admin::Pages pages = part.pages();
    const auto says = [&](const char* path) { return pages.at(path)().body; };
    CHECK(says("/healthz") == "ok\n");
    CHECK(says("/readyz") == "starting\n");
    CHECK(pages.at("/metrics")().status == 503);
    part.serves = true;
    CHECK(says("/readyz") == "ready\n");
    CHECK(pages.at("/metrics")().status == 200);
    part.broken = "stuck";
    for (const char* path : {"/healthz", "/readyz"}) {
        CHECK(says(path) == "stuck\n");
        CHECK(pages.at(path)().status == 503);
    }
    part.broken.reset();
    part.draining();
    CHECK(says("/healthz") == "ok\n");
    CHECK(says("/readyz") == "draining\n");
    CHECK(pages.at("/readyz")().status == 503);
}

TEST_CASE("a part's reloads and its drain are figures with the part's name", "[admin]") {
    Part part;
    part.serves = true;
    part.reloaded(true);
    part.reloaded(false);
    part.reloaded(false);
    part.draining();
    const std::string text = part.pages().at("/metrics")().body;
    CAPTURE(text);
    for (const char* line : {"sni_lab_part_reloads_total{result=\"ok\"} 1\n",
                             "sni_lab_part_reloads_total{result=\"failed\"} 2\n",
                             "sni_lab_part_draining 1\n", "Reloads of the papers; ",
                             "while talks may only finish", "sni_lab_build_info{version=\""}) {
        CHECK_THAT(text, test::Contains(line));
    }
}

}  // namespace admin_ops_test
