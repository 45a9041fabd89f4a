
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include <nlohmann/json.hpp>

#include "cli/app.h"
#include "lab/analyze/codes.h"
#include "lab/router/session_record.h"
#include "lab/tls/first_bytes.h"
#include "tests/support/catch.h"

namespace cli_explain_test {

using namespace sni;

namespace {

struct Answer {
    int exit;
    std::string out;
    std::string err;
};

Answer ask(const std::vector<std::string>& args) {
    std::ostringstream out;
    std::ostringstream err;
    const int exit = cli::run(args, out, err);
    return {exit, out.str(), err.str()};
}

/// Whatever stands in quotes and looks like a code, anywhere in the sources.
std::set<std::string> codes_in_sources() {
    const std::regex pattern("\"(SL\\d{4}|IST\\d{4}|X-[A-Z]+(?:-[A-Z]+)*)\"");
    std::set<std::string> found;
    for (const char* folder : {"lab", "cli", "certs"}) {
        for (const auto& file : std::filesystem::recursive_directory_iterator(
                 std::filesystem::path(SNI_LAB_SOURCE_DIR) / folder)) {
            const auto kind = file.path().extension();
            if (kind != ".def" && kind != ".cpp") continue;
            std::ifstream stream(file.path());
            std::stringstream text;
            text << stream.rdbuf();
            const std::string source = text.str();
            for (std::sregex_iterator at(source.begin(), source.end(), pattern), end; at != end;
                 ++at) {
                found.insert((*at)[1]);
            }
        }
    }
    return found;
}

}  // namespace

TEST_CASE("explain knows every code that any part can print", "[cli]") {
    const auto document = nlohmann::json::parse(ask({"explain", "--list", "--json"}).out);
    CHECK(document["schema"] == "sni-lab/explain/1");
    std::set<std::string> known;
    for (const auto& entry : document["codes"]) {
        known.insert(entry["code"].get<std::string>());
        CAPTURE(entry["code"].get<std::string>());
        for (const char* part : {"means", "happens", "mend"}) {
            CHECK_FALSE(entry[part].get<std::string>().empty());
        }
    }
    const std::set<std::string> printed = codes_in_sources();
    REQUIRE(printed.size() > 140);
    for (const std::string& code : printed) {
        CAPTURE(code);
        CHECK(known.contains(code));
    }
}

TEST_CASE("explain tells of commands', machines' and manifests' codes, in any case", "[cli]") {
    CHECK(ask({"explain", "sl7001"})
              .out.starts_with("SL7001\n  means   Somebody else listens on this address already."));
    CHECK(ask({"explain", "ist0101"})
              .out.starts_with(
                  "IST0101 (ReferencedResourceNotFound)\n  means   A Gateway, pod, Service"));
    CHECK(ask({"explain", "X-Double-TLS"}).exit == 0);
    CHECK(ask({"explain", "ReferencedResourceNotFound"}).exit == 0);
}

TEST_CASE("explain tells what a line asks before the codes it can carry", "[cli]") {
    const Answer tls = ask({"explain", "tls"});
    CHECK(tls.exit == 0);
    CHECK(tls.out.starts_with("line tls\n  asks    The version, suite and group"));
    const Answer chain = ask({"explain", "chain"});
    CHECK(chain.out.starts_with("line chain\n"));
    CHECK(chain.out.find("\n\nSL2204 (chain)\n") != std::string::npos);
    CHECK(ask({"explain", "key log"}).exit == 0);
}

TEST_CASE("explain knows every word of the router's access log", "[cli]") {
    for (std::size_t i = 0; i < router::kOutcomes; ++i) {
        const std::string word(to_string(static_cast<router::Outcome>(i)));
        CAPTURE(word);
        CHECK(ask({"explain", word}).exit == 0);
    }
    CHECK(
        ask({"explain", "no_proxy_header"})
            .out.starts_with("line no_proxy_header\n  asks    Of the router's access log: a peer"));
}

TEST_CASE("explain knows what is in the router's log beside the outcome, and the words of match",
          "[cli]") {
    for (const std::string word : {"left", "passed", "readable", "altered", "re-encrypted",
                                   "routed elsewhere", "not complete"}) {
        CAPTURE(word);
        CHECK(ask({"explain", word}).exit == 0);
    }
    for (int i = 0; i <= static_cast<int>(net::Ending::cut); ++i) {
        const std::string word(to_string(static_cast<net::Ending>(i)));
        CAPTURE(word);
        CHECK(ask({"explain", word}).exit == 0);
    }
    for (const std::string_view bytes :
         {"PROXY TCP4 ", "GET / HTTP/1.1", "PRI * HTTP/2", "SSH-2.0", "EHLO a\r\n", "STLS",
          "AUTH TLS", "<?xml", "PING\r\n", "hi", "\x80", ""}) {
        const std::string word(tls::spoken_in(as_bytes(bytes)));
        CAPTURE(word);
        CHECK(ask({"explain", word}).exit == 0);
    }
}

TEST_CASE("explain suggests what is near, and where all are listed", "[cli]") {
    CHECK(ask({"explain", "SL7011"}).err.find("did you mean sni-lab explain SL7") !=
          std::string::npos);
    CHECK(ask({"explain", "sesion"}).err.find("did you mean sni-lab explain session?") !=
          std::string::npos);
    CHECK(ask({"explain", "nothing like it"}).err.find("--list") != std::string::npos);
    CHECK(ask({"explain"}).exit == 2);
    CHECK(ask({"explain", "--list", "SL2307"}).exit == 2);
    CHECK(ask({"explain", "--list"}).out.find("IST0101              A Gateway") !=
          std::string::npos);
}

TEST_CASE("every code of the analyzer says how it happens and how to mend it", "[cli]") {
    for (const CodeText& code : analyze::codes()) {
        CAPTURE(code.id);
        CHECK(code.happens.ends_with('.'));
        CHECK_FALSE(code.mend.empty());
    }
}

}  // namespace cli_explain_test
