// State folders that others can write, and records that lie.
#include <csignal>
#include <fstream>

#include <nlohmann/json.hpp>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/background.h"
#include "tests/support/catch.h"
#include "tests/support/lab_folder.h"
#include "tests/support/named_pipe.h"

namespace e2e_state_folder_test {

using namespace sni::test;
using nlohmann::json;

namespace {

Finished up(const LabFolder& lab) {
    return lab.run({"up", "--detach", "--listen", "127.0.0.1:0"});
}

json record_of(const LabFolder& lab) {
    return json::parse(lab.run({"status", "--json"}).out)["lab"];
}

void write_record(const LabFolder& lab, const json& record) {
    std::ofstream(lab / ".sni-lab/lab.json") << record.dump();
}

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("down sends no signal to a process that is not the lab", "[e2e]") {
    const LabFolder lab;
    REQUIRE(up(lab).status == 0);
    const json honest = record_of(lab);
    const NamedPipe silent(lab / "silent");
    Background bystander({"cat", silent.path()});
    json lie = honest;
    SECTION("another process, with its true start") {
        std::ifstream stat("/proc/" + std::to_string(bystander.pid()) + "/stat");
        std::string text;
        std::getline(stat, text);
        std::istringstream fields(text.substr(text.rfind(')') + 1));
        std::string field;
        for (int number = 3; number <= 22; ++number)
            fields >> field;
        lie["pid"] = bystander.pid();
        lie["process_start"] = field;
    }
    SECTION("a number that was used again") {
        lie["process_start"] = "1";
    }
    SECTION("a number that kill(2) takes for everybody") {
        lie["pid"] = -1;
        lie["process_start"] = "";
    }
    SECTION("a process group") {
        lie["pid"] = -bystander.pid();
        lie["process_start"] = "";
    }
    write_record(lab, lie);
    CHECK(lab.run({"down"}).status == 7);
    CHECK(::kill(bystander.pid(), 0) == 0);
    write_record(lab, honest);
    CHECK(record_of(lab)["pid"] == honest["pid"]);
    CHECK(lab.run({"down"}).status == 0);
}

TEST_CASE("a record or a log that is a link is not followed", "[e2e]") {
    const LabFolder lab;
    REQUIRE(up(lab).status == 0);
    REQUIRE(lab.run({"down"}).status == 0);
    std::ofstream(lab / "secret") << "not for you\n";
    std::filesystem::create_symlink(lab / "secret", lab / ".sni-lab/lab.json");
    CHECK(lab.run({"status"}).status == 2);
    std::filesystem::remove(lab / ".sni-lab/lab.log");
    std::filesystem::create_symlink(lab / "secret", lab / ".sni-lab/lab.log");
    const Finished logs = lab.run({"logs"});
    CHECK(logs.status == 2);
    CHECK_FALSE(has(logs.out, "not for you"));
}

TEST_CASE("a key that others may write is not believed, named or not, and its source is told",
          "[e2e]") {
    const LabFolder lab;
    REQUIRE(up(lab).status == 0);
    const std::string gate = record_of(lab)["gates"][0]["endpoint"];
    const std::vector<std::string> words = {"verify", "--gateway", gate, "--sni",
                                            "httpbin.example.com"};
    const Finished proven = lab.run(words);
    INFO(proven.out << proven.err);
    CHECK(proven.status == 0);
    CHECK(has(proven.out, ", from .sni-lab/identity.key.pub)"));

    SECTION("the folder") {
        ::chmod((lab / ".sni-lab").c_str(), 0777);
    }
    SECTION("the file") {
        ::chmod((lab / ".sni-lab/identity.key.pub").c_str(), 0666);
    }
    const Finished refused = lab.run(words);
    CHECK(refused.status == 2);
    CHECK(has(refused.err, "others may write .sni-lab"));
    CHECK(has(refused.err, "--identity FILE.pub"));
    CHECK(has(refused.err, "[SL1111]"));
    CHECK(has(refused.err, "--trust-file"));
    std::vector<std::string> trusting = words;
    trusting.emplace_back("--trust-file");
    CHECK(lab.run(trusting).status == 0);
    CHECK(lab.run({"proof", "check"}).status == 2);
    CHECK(lab.run({"proof", "check", "--trust-file"}).status == 0);
    std::vector<std::string> named = words;
    named.insert(named.end(), {"--identity", ".sni-lab/identity.key.pub"});
    const Finished distrusted = lab.run(named);
    CHECK(distrusted.status == 2);
    CHECK(has(distrusted.err, "others may write .sni-lab"));
    CHECK(has(distrusted.err, "keep the key where nobody else may write"));
    CHECK(lab.run({"proof", "check", ".sni-lab/proof.json", "--identity",
                   ".sni-lab/identity.key.pub"})
              .status == 2);
    named.emplace_back("--trust-file");
    const Finished believed = lab.run(named);
    CHECK(believed.status == 0);
    CHECK(has(believed.out, ", from .sni-lab/identity.key.pub)"));
    std::filesystem::copy_file(lab / ".sni-lab/identity.key.pub", lab / "mine.pub");
    REQUIRE(::chmod((lab / "mine.pub").c_str(), 0664) == 0);  // by a umask of 002
    named = words;
    named.insert(named.end(), {"--identity", "mine.pub"});
    CHECK(lab.run(named).status == 0);
    if (::geteuid() == 0) {
        REQUIRE(::chown((lab / "mine.pub").c_str(), 0, 65534) == 0);  // another group's
        CHECK(has(lab.run(named).err, "others may write mine.pub (mode 0664)"));
    }
    ::chmod((lab / ".sni-lab").c_str(), 0700);
}

TEST_CASE("a state folder of another user is told of, and not believed", "[e2e]") {
    if (::geteuid() != 0) {
        WARN("not run: only root can give a folder away");
        return;
    }
    const LabFolder lab;
    REQUIRE(up(lab).status == 0);
    REQUIRE(::chown((lab / ".sni-lab").c_str(), 65534, 65534) == 0);
    const Finished verified = lab.run({"verify", "--running"});
    CHECK(verified.status == 2);
    CHECK(has(verified.err, ".sni-lab belongs to nobody"));
    CHECK(lab.run({"down"}).status == 0);
    CHECK(has(up(lab).err, "[SL1111]"));
}

TEST_CASE("logs are of this lab only, by the line, and followed until it ends", "[e2e]") {
    const LabFolder lab;
    const std::vector<std::string> teapot = {"get", "https://httpbin.example.com/status/418"};
    REQUIRE(up(lab).status == 0);
    REQUIRE(lab.run(teapot).status == 0);
    REQUIRE(lab.run({"down"}).status == 0);
    CHECK(has(lab.run({"logs"}).out, "httpbin.example.com"));

    REQUIRE(up(lab).status == 0);
    CHECK_FALSE(has(lab.run({"logs"}).out, "httpbin.example.com"));
    Background follow(lab.command({"logs", "--follow"}));
    REQUIRE(lab.run(teapot).status == 0);
    CHECK(has(follow.line(), "httpbin.example.com"));
    const std::string last = lab.run({"logs", "--tail", "1"}).out;
    CHECK(std::count(last.begin(), last.end(), '\n') == 1);
    CHECK(lab.run({"logs", "--tail", "-1"}).status == 2);
    CHECK(lab.run({"down"}).status == 0);
    CHECK(follow.end(0) == 0);
}

TEST_CASE("logs begin with what is in the older file, unless that is another lab's", "[e2e]") {
    const LabFolder lab;
    REQUIRE(up(lab).status == 0);
    REQUIRE(lab.run({"down"}).status == 0);
    std::ofstream(lab / ".sni-lab/lab.1.log") << "first\nsecond\n";
    std::ofstream(lab / ".sni-lab/lab.log") << "third\n";
    CHECK(lab.run({"logs"}).out == "first\nsecond\nthird\n");
    CHECK(lab.run({"logs", "--json", "--tail", "2"}).out == "second\nthird\n");
    REQUIRE(up(lab).status == 0);
    const std::string anew = lab.run({"logs"}).out;
    CHECK_FALSE(has(anew, "first"));
    CHECK_FALSE(has(anew, "third"));
    CHECK(lab.run({"down"}).status == 0);
    // Begun anew between two looks, the two are one file.
    std::filesystem::create_hard_link(lab / ".sni-lab/lab.log", lab / ".sni-lab/lab.1.log");
    std::ofstream(lab / ".sni-lab/lab.log") << "once\n";
    CHECK(lab.run({"logs"}).out == "once\n");
}

TEST_CASE("status is 4 without a lab, and down says in JSON what it found", "[e2e]") {
    const LabFolder lab;
    CHECK(lab.run({"status"}).status == 4);
    CHECK(lab.run({"status", "--json"}).status == 4);
    CHECK(json::parse(lab.run({"down", "--json"}).out)["found"] == "absent");
    const Finished started = lab.run({"up", "--detach", "--json", "--listen", "127.0.0.1:0"});
    CHECK(json::parse(started.out)["schema"] == "sni-lab/lab/1");
    CHECK(lab.run({"status"}).status == 0);
    CHECK(json::parse(lab.run({"down", "--json"}).out)["found"] == "stopped");
}

TEST_CASE("proof check without arguments judges the last proof by the folder's own keys", "[e2e]") {
    const LabFolder lab;
    const Finished none = lab.run({"proof", "check"});
    CHECK(none.status == 2);
    CHECK(has(none.err, "sni-lab verify writes one"));
    REQUIRE(up(lab).status == 0);
    REQUIRE(lab.run({"verify"}).status == 0);
    const Finished checked = lab.run({"proof", "check"});
    INFO(checked.out << checked.err);
    CHECK(checked.status == 0);
    CHECK(has(checked.out, "signed as a whole by the verifier"));
}

TEST_CASE("down names the process of a lab whose record it cannot read", "[e2e]") {
    const LabFolder lab;
    REQUIRE(up(lab).status == 0);
    const auto record = json::parse(slurp(lab / ".sni-lab/lab.json"));
    const std::string pid = std::to_string(record["pid"].get<int>());
    spill(lab / ".sni-lab/lab.json", "{}");
    const Finished refused = lab.run({"down"});
    CHECK(refused.status == 7);
    CHECK(refused.err.find("process " + pid + " holds the lock") != std::string::npos);
    CHECK(refused.err.find("kill " + pid + "\n") != std::string::npos);
    spill(lab / ".sni-lab/lab.json", record.dump());
    CHECK(lab.run({"down"}).status == 0);
}

TEST_CASE("a hint speaks of the state folder that was meant", "[e2e]") {
    const LabFolder lab;
    const auto hints = [&](std::vector<std::string> words, const std::string& hint) {
        words.insert(words.end(), {"--state", "other"});
        const Finished ran = lab.run(words);
        CAPTURE(ran.out, ran.err);
        CHECK((ran.out + ran.err).find(hint) != std::string::npos);
    };
    hints({"get", "https://a.example.com/"}, "sni-lab up --detach --state other starts one");
    hints({"verify", "--running"}, "sni-lab up --detach --state other starts one");
    REQUIRE(lab.run({"up", "--detach", "--listen", "127.0.0.1:0", "--state", "other"}).status == 0);
    hints({"up", "--detach", "--listen", "127.0.0.1:0"}, "sni-lab down --state other stops it");
    hints({"verify", "wildcard"},
          "sni-lab down --state other && sni-lab up --state other wildcard");
    hints({"proof", "check"}, "sni-lab verify --state other writes one");
    const auto record = json::parse(slurp(lab / "other/lab.json"));
    const std::string pid = std::to_string(record["pid"].get<int>());
    spill(lab / "other/lab.json", "{}");
    hints({"status"}, "kill " + pid + " ends it, and sni-lab down --state other removes");
    spill(lab / "other/lab.json", record.dump());
    CHECK(lab.run({"down", "--state", "other"}).status == 0);
    hints({"down"}, "No lab is running in other.\n");
    hints({"status"}, "No lab is on record in other.\n");
    // One that was killed.
    spill(lab / "other/lab.json", record.dump());
    hints({"verify"},
          "sni-lab up --state other passthrough --detach starts it again, sni-lab down "
          "--state other removes the record");
    hints({"down"}, "The lab on record in other was gone already");
    // A pair of which a half is missing.
    std::filesystem::remove(lab / "other/certs/httpbin.example.com.key");
    hints({"up", "--detach", "--listen", "127.0.0.1:0"},
          "sni-lab certgen --force --out other/certs httpbin.example.com\n");
}

}  // namespace e2e_state_folder_test
