// sni-lab match, as users run it.
#include "lab/proof/match/match.h"

#include <filesystem>
#include <numeric>
#include <thread>

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>
#include <unistd.h>

#include "lab/net/descriptor.h"
#include "tests/proof/witnessed.h"
#include "tests/support/catch.h"
#include "tests/support/peer.h"
#include "tests/support/run_cli.h"
#include "tests/support/temp_folder.h"

namespace cli_match_test {

using namespace sni;
using namespace sni::test;
using nlohmann::json;
using std::chrono::milliseconds;

namespace {

std::string log_of(const std::vector<int>& connections) {
    const proof::Moment began = witnessed().began;
    std::string text = proof::log_began_line("w", began - milliseconds(10)) + "\n";
    for (const int number : connections) {
        proof::WitnessedSession session = witnessed();
        session.began = began + milliseconds(number);
        session.ended = session.began + milliseconds(1);
        session.hellos.front().sha256 = {std::byte(number), std::byte(number >> 8)};
        text += encode(session) + "\n";
    }
    return text + proof::log_ended_line("w", began + milliseconds(10'000), 0) + "\n";
}

struct Site {
    TempFolder folder;

    std::string log(const char* name, const std::string& text) const {
        spill(folder / name, text);
        return (folder / name).string();
    }
    std::pair<int, std::string> run(std::vector<std::string> args) const {
        args.insert(args.begin(), "match");
        const Ran ran = test::run(args);
        return {ran.status, ran.out + ran.err};
    }
};

}  // namespace

TEST_CASE("match says yes where all passed, and names those that did not", "[cli][match]") {
    const Site site;
    const std::string clients = site.log("clients.log", log_of({1, 2, 3}));
    const std::string all = site.log("all.log", log_of({3, 2, 1, 9}));
    const std::string anew = site.log("anew.log", log_of({1, 99, 3}));
    const auto yes = site.run({clients, all});
    CHECK(yes.first == 0);
    CHECK(yes.second.find("3 TLS connections at " + clients + ": passed 3\n1 more") !=
          std::string::npos);
    const auto no = site.run({clients, anew});
    CHECK(no.first == 1);
    CHECK(no.second.starts_with("re-encrypted "));
    CHECK(no.second.find("passed 2 · re-encrypted 1\n") != std::string::npos);
    CHECK(site.run({clients, anew, "-q"}).second.starts_with("3 TLS connections"));
}

TEST_CASE("match is told how many there must be", "[cli][match]") {
    const Site site;
    const std::string log = site.log("a.log", log_of({1, 2}));
    const std::string service = site.log("b.log", log_of({1, 2}));
    CHECK(site.run({log, service, "--expect", "2"}).first == 0);
    const auto fewer = site.run({log, service, "--expect", "3"});
    CHECK(fewer.first == 3);
    CHECK(fewer.second.find("3 were expected") != std::string::npos);
}

TEST_CASE("match can leave out what earlier runs wrote, and tells when all began", "[cli][match]") {
    const Site site;
    const std::string log = site.log("a.log", log_of({1, 2}));
    const std::string service = site.log("b.log", log_of({1, 2}));
    const auto all = site.run({log, service});
    CHECK(all.first == 0);
    CHECK(all.second.find("\nbegun between 20") != std::string::npos);
    const auto none = site.run({log, service, "--since", "1h", "--expect", "2"});
    CHECK(none.first == 3);
    CHECK(none.second.find("left out: 2 that are older\n") != std::string::npos);
    CHECK(site.run({log, service, "--since", "0"}).first == 0);
    const json document = json::parse(site.run({log, service, "--json"}).second);
    CHECK(document["last_ms"].get<std::int64_t>() - document["first_ms"].get<std::int64_t>() == 1);
    CHECK(document["older"] == 0);
}

TEST_CASE("a witness that cannot start leaves the log of one that runs as it is", "[cli][match]") {
    const Site site;
    const std::string text = log_of({1});
    const std::string log = site.log("w.log", text);
    const Stub taken([](Peer) {});
    const Ran ran = test::run({"witness", "--listen", to_string(taken.endpoint()), "--to",
                               to_string(taken.endpoint()), "--log", log, "--identity",
                               (site.folder / "w.key").string()});
    CHECK(ran.status == 7);
    CHECK(slurp(log) == text);
}

TEST_CASE("match speaks to machines, too", "[cli][match]") {
    const Site site;
    const std::string clients = site.log("clients.log", log_of({1, 2}));
    const std::string service = site.log("service.log", log_of({1, 77}));
    const json document = json::parse(site.run({clients, service, "--json"}).second);
    CHECK(document["schema"] == "sni-lab/match/1");
    CHECK(document["exit"] == 1);
    CHECK(document["counts"]["re-encrypted"] == 1);
    REQUIRE(document["not_passed"].size() == 1);
    CHECK(document["not_passed"][0]["fate"] == "re-encrypted");
    const std::string junit = (site.folder / "junit.xml").string();
    CHECK(site.run({clients, service, "--junit", junit}).first == 1);
    CHECK(slurp(junit).find("failures=\"1\"") != std::string::npos);
    CHECK(slurp(junit).find("<testsuite name=\"sni-lab match\"") != std::string::npos);
    CHECK(slurp(junit).find("classname=\"sni-lab.match\"") != std::string::npos);
}

TEST_CASE("match leaves no earlier report behind when a side cannot be read", "[cli][match]") {
    const Site site;
    const std::string clients = site.log("clients.log", log_of({1, 2}));
    for (const char* service : {"no-such.log", "127.0.0.1:1"}) {
        const std::string junit = site.log("junit.xml", "green");
        const int status = site.run({clients, service, "--junit", junit}).first;
        CHECK((status == 2 || status == 7));
        CHECK_FALSE(std::filesystem::exists(junit));
    }
}

TEST_CASE("stdin is one record of match's", "[cli][match]") {
    const Site site;
    const std::string clients = site.log("clients.log", log_of({1, 2}));
    for (const std::vector<std::string>& twice :
         {std::vector<std::string>{"-", "-"}, {clients, "-", "-"}}) {
        const auto ran = site.run(twice);
        CHECK(ran.first == 2);
        CHECK(ran.second.find("standard input can be one record only") != std::string::npos);
    }
}

TEST_CASE("what stdin was redirected from is an input as any other", "[cli][match]") {
    const Site site;
    const std::string clients = site.log("clients.log", log_of({1, 2}));
    const std::string service = site.log("service.log", log_of({1, 2, 3}));
    const std::string keys = site.log(
        "keys.log", "EXPORTER_SECRET " + std::string(64, 'a') + " " + std::string(64, 'b') + "\n");
    const net::Descriptor before(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3));
    const auto with_stdin = [&](const std::string& file, const std::vector<std::string>& words) {
        const net::Descriptor from(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
        ::dup2(from.fd(), STDIN_FILENO);
        const auto ran = site.run(words);
        ::dup2(before.fd(), STDIN_FILENO);
        return ran;
    };
    const auto lost = with_stdin(service, {clients, "-", "--junit", service});
    CHECK(lost.first == 2);
    CHECK(lost.second.find("is one of the inputs") != std::string::npos);
    CHECK(slurp(service) == log_of({1, 2, 3}));
    CHECK(with_stdin(service, {clients, "-"}).first == 0);
    for (const std::vector<std::string>& sides :
         {std::vector<std::string>{keys, "-"}, {"-", keys}}) {
        const auto same = with_stdin(keys, sides);
        CHECK(same.first == 2);
        CHECK(same.second.find("is on both sides") != std::string::npos);
    }
}

TEST_CASE("match tells in every form why nobody may say yes", "[cli][match]") {
    const Site site;
    std::string text = log_of({1, 2});
    const std::string service = site.log("service.log", text);
    text.resize(text.find("{\"event\":\"ended\""));
    const std::string clients = site.log("clients.log", text);
    const std::string junit = (site.folder / "junit.xml").string();
    const auto because = [&](const std::vector<std::string>& more, const std::string& why) {
        std::vector<std::string> words = {clients, service};
        words.insert(words.end(), more.begin(), more.end());
        CHECK(site.run(words).second.find(why) != std::string::npos);
        words.insert(words.end(), {"--junit", junit, "--json"});
        const auto ran = site.run(words);
        CHECK(ran.first == 3);
        CHECK(json::parse(ran.second)["lacking"][0].get<std::string>().find(why) !=
              std::string::npos);
        CHECK(slurp(junit).find("errors=\"1\"") != std::string::npos);
        CHECK(slurp(junit).find(why) != std::string::npos);
    };
    because({}, "goes on or broke off");
    because({"--expect", "3"}, "3 were expected, and 2 can be compared");
    CHECK(site.run({clients, service, "--expect", "2", "--junit", junit}).first == 0);
    CHECK(slurp(junit).find("errors=\"0\"") != std::string::npos);
}

TEST_CASE("match counts once what the clients' record has twice", "[cli][match]") {
    const Site site;
    const std::string clients = site.log("c.log", log_of({1, 2, 2, 1}));
    const std::string service = site.log("s.log", log_of({2, 1}));
    const auto ran = site.run({clients, service});
    CHECK(ran.first == 0);
    CHECK(ran.second.find("passed 2\ncounted once: 2 that the clients' record has again\n") !=
          std::string::npos);
    CHECK(json::parse(site.run({clients, service, "--json"}).second)["recorded_again"] == 2);
}

TEST_CASE("match refuses one witness on both sides, whatever its record is called there",
          "[cli][match]") {
    const Site site;
    // Of a witness that was started then; a page of it has no marks.
    const auto of_run = [](const char* name, int run, const std::string& sessions) {
        const proof::Moment began = witnessed().began;
        const proof::LogPart part{began - milliseconds(run)};
        return proof::log_began_line(name, began - milliseconds(10), part) +
               sessions.substr(sessions.find('\n'));
    };
    const std::string one = of_run("w", 20, log_of({1, 2}));
    const std::string clients = site.log("c.log", one);
    const std::string copy = site.log("copy.log", one);
    const std::string other = site.log("s.log", of_run("w", 19, log_of({2, 1})));
    CHECK(site.run({clients, other}).first == 0);
    const auto refused = [&](const std::vector<std::string>& words) {
        const auto ran = site.run(words);
        INFO(ran.second);
        CHECK(ran.first == 2);
        CHECK(ran.second.find("are what one witness saw, w, so") != std::string::npos);
    };
    refused({clients, copy});
    refused({clients, other, copy});
    // A part of it alone, and the page of the same run.
    refused({clients, site.log("part.log", of_run("w", 20, log_of({2})))});
    nlohmann::json session = json::parse(encode(witnessed()));
    session.erase("schema");
    session["began_ms"] = (witnessed().began + milliseconds(1)).time_since_epoch().count();
    session["hellos"][0]["sha256"] = "01" + std::string(62, '0');
    const json page = {
        {"schema", "sni-lab/witness-sessions/1"},
        {"witness", "w"},
        {"time_ms", session["began_ms"]},
        {"complete_since_ms", session["began_ms"]},
        {"let_go", 0},
        {"run_ms", (witnessed().began - milliseconds(20)).time_since_epoch().count()},
        {"sessions", json::array({session})}};
    refused({clients, site.log("page.json", page.dump())});
    // Two of one name that began at once have no connection in common.
    proof::WitnessedSession elsewhere = witnessed();
    elsewhere.began += milliseconds(1);
    elsewhere.peer = "10.0.0.9:4711";
    elsewhere.hellos.front().sha256 = {std::byte{1}};
    CHECK(site.run({clients,
                    site.log("at_once.log", of_run("w", 20, "x\n" + encode(elsewhere) + "\n"))})
              .first != 2);
}

TEST_CASE("match says that there are more only where there are", "[cli][match]") {
    const Site site;
    for (const int count : {50, 51}) {
        std::vector<int> here(static_cast<std::size_t>(count));
        std::iota(here.begin(), here.end(), 0);
        std::vector<int> there(here.size());
        std::iota(there.begin(), there.end(), 1'000);
        const auto ran =
            site.run({site.log("c.log", log_of(here)), site.log("s.log", log_of(there))});
        CHECK((ran.second.find("--json has them all") != std::string::npos) == (count == 51));
    }
}

TEST_CASE("match refuses what is no record, and says why", "[cli][match]") {
    const Site site;
    const std::string log = site.log("a.log", log_of({1}));
    const std::string other = site.log("other.log", "{\"schema\":\"x\"}\n");
    CHECK(site.run({log, other}).first == 2);
    CHECK(site.run({log, other}).second.find("other.log:1: ") != std::string::npos);
    CHECK(site.run({log, site.folder.path().string()}).second.find("Is a directory") !=
          std::string::npos);
    CHECK(site.run({log, (site.folder / "missing").string()}).first == 2);
    CHECK(site.run({log, "127.0.0.1:1"}).first == 7);
}

namespace {

/// Somebody who writes `text` into a pipe at `path`.
class Writer {
  public:
    Writer(std::string path, std::string text) : path_(std::move(path)) {
        REQUIRE(::mkfifo(path_.c_str(), 0600) == 0);
        thread_ = std::thread([this, text = std::move(text)] { spill(path_, text); });
    }
    ~Writer() { thread_.join(); }
    const std::string& path() const { return path_; }

  private:
    std::string path_;
    std::thread thread_;
};

}  // namespace

TEST_CASE("match reads pipes, each once and whole", "[cli][match]") {
    const Site site;
    std::vector<int> many(3'000);
    std::iota(many.begin(), many.end(), 0);
    const std::string text = log_of(many);  // more than a pipe holds
    const Writer clients((site.folder / "clients").string(), text);
    const Writer services((site.folder / "services").string(), text);
    const auto ran = site.run({clients.path(), services.path(), "--timeout", "20s"});
    INFO(ran.second);
    CHECK(ran.first == 0);
    CHECK(ran.second.find("passed 3000") != std::string::npos);
    for (const char* command : {"match", "match-keylogs"}) {
        const std::string secret =
            "EXPORTER_SECRET " + std::string(64, '1') + " " + std::string(64, 'a') + "\n";
        const Writer here((site.folder / (command + std::string("1"))).string(), secret);
        const Writer there((site.folder / (command + std::string("2"))).string(), secret);
        CHECK(test::run({command, here.path(), there.path()}).status == 0);
    }
}

TEST_CASE("a key log in a pipe is one whose comment comes first, and alone", "[cli][match]") {
    const Site site;
    const std::string secret =
        "EXPORTER_SECRET " + std::string(64, '1') + " " + std::string(64, 'a') + "\n";
    const Writer there((site.folder / "there").string(), secret);
    const std::string here = (site.folder / "here").string();
    REQUIRE(::mkfifo(here.c_str(), 0600) == 0);
    std::thread writer([&] {
        const net::Descriptor fd(::open(here.c_str(), O_WRONLY | O_CLOEXEC));
        // No read() takes more than one write()'s bytes then (pipe(2)).
        if (::fcntl(fd.fd(), F_SETFL, O_DIRECT) != 0) return;
        for (const std::string& piece : {std::string("# a comment\n"), std::string("\n"), secret}) {
            if (::write(fd.fd(), piece.data(), piece.size()) < 0) return;
        }
    });
    const Ran ran = test::run({"match", here, there.path()});
    writer.join();
    INFO(ran.out << ran.err);
    CHECK(ran.status == 0);
}

TEST_CASE("a pipe from which nothing comes, and one that never ends, are given up",
          "[cli][match]") {
    const Site site;
    const std::string log = site.log("a.log", log_of({1}));
    const std::string silent = (site.folder / "silent").string();
    REQUIRE(::mkfifo(silent.c_str(), 0600) == 0);
    const auto ran = site.run({log, silent, "--timeout", "100ms"});
    CHECK(ran.first == 2);
    CHECK(ran.second.find("nothing came for 100ms") != std::string::npos);
    const auto zero = site.run({log, "/dev/zero"});
    CHECK(zero.first == 2);
    CHECK(zero.second.find("/dev/zero:1: it is no JSON") != std::string::npos);
}

TEST_CASE("two documents are not written to one stdout", "[cli]") {
    const Site site;
    const std::string log = site.log("a.log", log_of({1}));
    const std::string other = site.log("b.log", log_of({1}));
    for (const std::string& stdout : {"-", "/dev/stdout"}) {
        for (const std::vector<std::string>& command :
             {std::vector<std::string>{"match", log, other},
              {"verify"},
              {"scenario", "run", "--all"}}) {
            std::vector<std::string> words = command;
            words.insert(words.end(), {"--json", "--junit", stdout});
            const Ran ran = test::run(words);
            CHECK(ran.status == 2);
            CHECK((ran.out + ran.err).find("both write a document to stdout") != std::string::npos);
        }
    }
    CHECK(test::run({"verify", "--junit", "-", "--html", "-"}).status == 2);
}

TEST_CASE("one record on both sides is no comparison", "[cli][match]") {
    const Site site;
    const std::string log = site.log("a.log", log_of({1}));
    const std::string link = (site.folder / "link.log").string();
    std::filesystem::create_symlink(log, link);
    for (const std::string& same : {log, link}) {
        CHECK(site.run({log, same}).first == 2);
        CHECK(site.run({log, same}).second.find("is on both sides") != std::string::npos);
    }
}

TEST_CASE("match compares two key logs as match-keylogs does, and no key log with a witness's log",
          "[cli][match]") {
    const Site site;
    const auto secret = [](char of) {
        return "EXPORTER_SECRET " + std::string(64, '1') + " " + std::string(64, of) + "\n";
    };
    const std::string client = site.log("client.keys", "# comment\n" + secret('a'));
    const std::string same = site.log("same.keys", secret('a'));
    const std::string other = site.log("other.keys", secret('b'));
    const std::string witness = site.log("w.log", log_of({1}));
    for (const char* command : {"match", "match-keylogs"}) {
        CHECK(test::run({command, client, same}).status == 0);
        CHECK(test::run({command, client, other}).status == 1);
        CHECK(test::run({command, client, site.log("none.keys", "")}).status == 3);
        for (const char* nothing : {"", "# a comment\n"}) {
            const Ran ran = test::run({command, site.log("none.keys", nothing), client});
            CHECK(ran.status == 3);
            CHECK(ran.out.find("nothing was shown: the client's log") != std::string::npos);
        }
    }
    CHECK(site.run({site.log("none.keys", ""), witness}).first == 2);
    CHECK(site.run({witness, site.log("none.keys", "")}).first == 2);
    CHECK(site.run({client, same}).second == test::run({"match-keylogs", client, same}).out);
    CHECK(site.run({client, same, "-q"}).second.starts_with("1 of 1 sessions of the client"));
    CHECK(site.run({client, same, "--expect", "2"}).first == 3);
    CHECK(site.run({client, witness}).first == 2);
    CHECK(site.run({witness, client}).second.find("a key log is compared with one other") !=
          std::string::npos);
    CHECK(site.run({witness, client}).first == 2);
    CHECK(site.run({client, same, other}).first == 2);
    CHECK(site.run({client, same, "--junit", "-"}).first == 2);
}

}  // namespace cli_match_test
