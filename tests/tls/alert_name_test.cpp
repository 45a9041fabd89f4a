#include "lab/tls/alert_name.h"

#include <set>

#include "lab/tls/alert.h"
#include "tests/support/catch.h"

namespace tls_alert_name_test {

using namespace sni::tls;

TEST_CASE("every registered alert has its name, and no two share one", "[tls]") {
    CHECK(alert_name(0) == "close_notify");
    CHECK(alert_name(40) == "handshake_failure");
    CHECK(alert_name(48) == "unknown_ca");
    CHECK(alert_name(51) == "decrypt_error");
    CHECK(alert_name(116) == "certificate_required");
    CHECK(alert_name(121) == "ech_required");
    CHECK(alert_name(200) == "unassigned");
    std::set<std::string_view> names;
    int named = 0;
    for (int alert = 0; alert < 256; ++alert) {
        const auto name = alert_name(static_cast<std::uint8_t>(alert));
        if (name == "unassigned") continue;
        ++named;
        names.insert(name);
    }
    CHECK(names.size() == static_cast<std::size_t>(named));
}

TEST_CASE("the alerts that we send are called what others call them", "[tls]") {
    for (const Alert alert :
         {Alert::unexpected_message, Alert::record_overflow, Alert::illegal_parameter,
          Alert::decode_error, Alert::protocol_version, Alert::internal_error,
          Alert::missing_extension, Alert::unrecognized_name}) {
        CHECK(to_string(alert) == alert_name(static_cast<std::uint8_t>(alert)));
    }
}

}  // namespace tls_alert_name_test
