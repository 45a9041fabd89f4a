#include <condition_variable>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <regex>
#include <sstream>
#include <thread>

#include <pthread.h>

#include "cli/app.h"
#include "tests/support/catch.h"
#include "tests/support/peer.h"

namespace cli_router_test {

using namespace sni;
using namespace sni::test;

namespace {

/// A stream buffer that one thread writes and another waits on.
class Channel : public std::streambuf {
  public:
    /// Everything up to and with the line that holds `text`.
    std::string wait_for(const std::string& text) {
        std::unique_lock lock(mutex_);
        const bool came = written_.wait_for(lock, kPatience, [&] {
            const std::size_t at = all_.find(text);
            return at != std::string::npos && all_.find('\n', at) != std::string::npos;
        });
        CAPTURE(all_);
        REQUIRE(came);
        return all_;
    }
    std::string all() {
        const std::lock_guard lock(mutex_);
        return all_;
    }

  private:
    int overflow(int c) override {
        const std::lock_guard lock(mutex_);
        all_.push_back(static_cast<char>(c));
        if (c == '\n') written_.notify_all();
        return c;
    }
    std::mutex mutex_;
    std::condition_variable written_;
    std::string all_;
};

/// `sni-lab router` on a thread; signals go to that thread alone.
class Running {
  public:
    explicit Running(std::vector<std::string> args) {
        args.insert(args.begin(), "router");
        thread_ = std::thread([this, args = std::move(args)] {
            std::ostream out(&out_), err(&err_);
            exit_ = cli::run(args, out, err);
            out << "exit\n";
        });
    }
    ~Running() {
        if (thread_.joinable()) {
            signal(SIGTERM);
            signal(SIGTERM);
            thread_.join();
        }
    }
    Endpoint ready() {
        const std::string said = out_.wait_for("ready ");
        const std::string address = said.substr(6, said.find('\n') - 6);
        return parse_endpoint(address).value();
    }
    void signal(int number) { ::pthread_kill(thread_.native_handle(), number); }
    int exit() {
        out_.wait_for("exit");
        thread_.join();
        return exit_;
    }
    Endpoint admin() {
        const std::string said = out_.wait_for("admin ");
        const std::size_t at = said.find("admin ") + 6;
        return parse_endpoint(said.substr(at, said.find('\n', at) - at)).value();
    }
    Channel& out() { return out_; }
    Channel& err() { return err_; }

  private:
    Channel out_;
    Channel err_;
    int exit_ = -1;
    std::thread thread_;
};

std::string route_flag(const std::string& name, const Endpoint& backend) {
    return name + "=" + to_string(backend);
}

void write_file(const std::filesystem::path& path, const std::string& text) {
    std::ofstream(path) << text;
}

std::filesystem::path temporary(const std::string& name) {
    return std::filesystem::temp_directory_path() /
           ("sni-lab-router-" + std::to_string(::getpid()) + "-" + name);
}

/// What `sni-lab router` says about flags that are wrong.
std::string refused(std::vector<std::string> args) {
    args.insert(args.begin(), "router");
    std::ostringstream out, err;
    CHECK(cli::run(args, out, err) == 2);
    CHECK(out.str().empty());
    return err.str();
}

/// The whole answer to a GET.
std::string got(const Endpoint& admin, const std::string& path) {
    Peer client = Peer::to(admin);
    client.send(bytes_of("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    return std::string(as_text(client.read_all()));
}

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

void says_backend(Peer peer) {
    peer.send(bytes_of("backend"));
    peer.finish();
    peer.end();
}

}  // namespace

TEST_CASE("sni-lab router prints a ready line for each listener, routes, and stops", "[cli]") {
    const Stub backend(echo);
    Running router({"--listen", "127.0.0.1:0", "--listen", "[::1]:0", "--route",
                    route_flag("*.example.com", backend.endpoint()), "--threads", "2"});
    router.out().wait_for("ready [::1]:");
    const Buffer wire = hello_for("httpbin.example.com");
    {
        Peer client = Peer::to(router.ready());
        client.send(wire);
        CHECK(client.read(wire.size()) == wire);
    }
    router.signal(SIGTERM);
    CHECK(router.exit() == 0);
    CHECK(std::regex_match(router.out().all(), std::regex("ready 127\\.0\\.0\\.1:[1-9][0-9]*\n"
                                                          "ready \\[::1\\]:[1-9][0-9]*\nexit\n")));
    CHECK(router.err().all().find("descriptors: ") == 0);
}

TEST_CASE("a second signal cuts what does not finish, and says how much", "[cli]") {
    Door backend;
    Running router({"--listen", "127.0.0.1:0", "--route", route_flag("*", backend.endpoint())});
    Peer client = Peer::to(router.ready());
    client.send(hello_for("a.example.com"));
    Peer accepted = backend.accept();
    router.signal(SIGTERM);
    router.err().wait_for("stopping: connections may finish for 10s\n");
    router.signal(SIGINT);
    CHECK(router.exit() == 0);
    CHECK(router.err().all().find("cut: 1 connection\n") != std::string::npos);
    CHECK(client.end() == End::reset);
}

TEST_CASE("a drain lasts as long as it is told to", "[cli]") {
    Door backend;
    Running router({"--listen", "127.0.0.1:0", "--route", route_flag("*", backend.endpoint()),
                    "--drain-timeout", "50ms"});
    Peer client = Peer::to(router.ready());
    client.send(hello_for("a.example.com"));
    Peer served = backend.accept();
    router.signal(SIGTERM);
    CHECK(router.exit() == 0);
    CHECK(router.err().all().find("connections may finish for 50ms") != std::string::npos);
    CHECK(router.err().all().find("cut: 1 connection\n") != std::string::npos);
}

TEST_CASE("trailing dots and what is not TLS are routed where flags say so", "[cli]") {
    const Stub backend(echo);
    const Stub other(says_backend);
    Running router({"--listen", "127.0.0.1:0", "--route",
                    route_flag("a.example.com", backend.endpoint()), "--strip-trailing-dot",
                    "--non-tls", to_string(other.endpoint())});
    const Buffer wire = hello_for("a.example.com.");
    Peer dotted = Peer::to(router.ready());
    dotted.send(wire);
    CHECK(dotted.read(wire.size()) == wire);
    Peer plain = Peer::to(router.ready());
    plain.send(bytes_of("GET / HTTP/1.1\r\n\r\n"));
    CHECK(plain.read(7) == bytes_of("backend"));
}

TEST_CASE("SIGHUP reads the routes again, and a bad file changes nothing", "[cli]") {
    const Stub backend(says_backend);
    const auto file = temporary("routes");
    write_file(file, "a.example.com " + to_string(backend.endpoint()) + "\n");
    Running router({"--listen", "127.0.0.1:0", "--routes", file.string()});
    const auto reaches = [&](const std::string& name) {
        Peer client = Peer::to(router.ready());
        client.send(hello_for(name));
        client.finish();
        return client.read_all() == bytes_of("backend");
    };
    CHECK(reaches("a.example.com"));

    write_file(file, "b.example.com " + to_string(backend.endpoint()) + "\nc..d 1\n");
    router.signal(SIGHUP);
    const std::string said = router.err().wait_for("not reloaded: the routes before stay\n");
    CHECK(said.find(file.string() + ":2:1: error: \"c..d\" is not a host name") !=
          std::string::npos);
    CHECK(said.find(file.string() + ":2:6: error: \"1\" has no port") != std::string::npos);
    CHECK(reaches("a.example.com"));
    CHECK_FALSE(reaches("b.example.com"));

    write_file(file, "b.example.com " + to_string(backend.endpoint()) + "\n");
    router.signal(SIGHUP);
    router.err().wait_for("reloaded: 1 route\n");
    CHECK(reaches("b.example.com"));
    CHECK_FALSE(reaches("a.example.com"));
    std::filesystem::remove(file);
}

TEST_CASE("the access log has a line for each connection", "[cli]") {
    const Stub backend(says_backend);
    const auto file = temporary("access.log");
    std::filesystem::remove(file);
    {
        Running router({"--listen", "127.0.0.1:0", "--route",
                        route_flag("a.example.com", backend.endpoint()), "--access-log",
                        file.string()});
        for (const std::string name : {"a.example.com", "b.example.com"}) {
            Peer client = Peer::to(router.ready());
            client.send(hello_for(name));
            client.finish();
            client.end();
        }
        router.signal(SIGTERM);
        CHECK(router.exit() == 0);
    }
    std::ifstream log(file);
    std::string text((std::istreambuf_iterator<char>(log)), {});
    CHECK(std::ranges::count(text, '\n') == 2);
    CHECK(text.find(R"("outcome":"routed","sni":"a.example.com")") != std::string::npos);
    CHECK(text.find(R"("outcome":"no_route","sni":"b.example.com")") != std::string::npos);
    std::filesystem::remove(file);
}

TEST_CASE("a log on a full disk harms no connection, and the lines lost are told", "[cli]") {
    const Stub backend(echo);
    Running router({"--listen", "127.0.0.1:0", "--route", route_flag("*", backend.endpoint()),
                    "--access-log", "/dev/full", "--admin", "127.0.0.1:0"});
    const Buffer wire = hello_for("a.example.com");
    for (int i = 0; i < 3; ++i) {
        Peer client = Peer::to(router.ready());
        client.send(wire);
        CHECK(client.read(wire.size()) == wire);
        client.finish();
        CHECK(client.end() == End::finished);
    }
    const auto until = std::chrono::steady_clock::now() + kPatience;
    const std::string lost = "\nsni_lab_router_access_log_lost_lines_total 3\n";
    while (!has(got(router.admin(), "/metrics"), lost)) {
        REQUIRE(std::chrono::steady_clock::now() < until);
    }
    router.signal(SIGTERM);
    CHECK(router.exit() == 0);
    CHECK(has(router.err().all(), "access log: 3 lines lost\n"));
}

TEST_CASE("admin pages tell what the router does, and that it is not ready while it drains",
          "[cli]") {
    Door backend;
    const auto file = temporary("admin-routes");
    write_file(file, "a.example.com " + to_string(backend.endpoint()) + "\n");
    Running router({"--listen", "127.0.0.1:0", "--routes", file.string(), "--admin", "127.0.0.1:0",
                    "--threads", "1", "--max-stalled", "1000000"});
    const Endpoint admin = router.admin();
    CHECK(has(got(admin, "/readyz"), "200 OK"));
    CHECK(has(got(admin, "/healthz"), "200 OK"));
    CHECK(has(got(admin, "/routes"), "\"name\": \"a.example.com\""));

    Peer client = Peer::to(router.ready());
    client.send(hello_for("a.example.com"));
    Peer served = backend.accept();
    const std::string live = got(admin, "/connections");
    CHECK(has(live, "Content-Type: application/json\r\n"));
    CHECK(has(live, "\"live\": 1"));
    CHECK(has(live, "\"sni\": \"a.example.com\""));
    write_file(file, "nonsense\n");
    router.signal(SIGHUP);
    router.err().wait_for("not reloaded");
    const std::string figures = got(admin, "/metrics");
    CHECK(has(figures, "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
    CHECK(has(figures, "\nsni_lab_router_connections 1\n"));
    CHECK(has(figures, "\nsni_lab_router_routes 1\n"));
    CHECK(has(figures, "\nsni_lab_router_reloads_total{result=\"failed\"} 1\n"));
    CHECK(has(figures, "\nsni_lab_router_stalled_hello_bytes_max 1000000\n"));

    router.signal(SIGTERM);
    router.err().wait_for("stopping: ");
    CHECK(has(got(admin, "/readyz"), " 503 "));
    CHECK(has(got(admin, "/healthz"), " 200 "));
    served.finish();
    client.finish();
    CHECK(router.exit() == 0);
    CHECK_THROWS(Peer::to(admin));
    std::filesystem::remove(file);
}

TEST_CASE("a lame duck routes on while /readyz says that it will not", "[cli]") {
    Door backend;
    Running router({"--listen", "127.0.0.1:0", "--route", "*=" + to_string(backend.endpoint()),
                    "--admin", "127.0.0.1:0", "--lame-duck", "10m"});
    const Endpoint where = router.ready();
    const Endpoint admin = router.admin();
    router.signal(SIGTERM);
    router.err().wait_for("draining: clients are still served for 10m\n");
    CHECK(has(got(admin, "/readyz"), " 503 "));
    Peer client = Peer::to(where);
    client.send(hello_for("a.example.com"));
    Peer served = backend.accept();
    router.signal(SIGTERM);  // ends that, and whatever has not finished
    CHECK(router.exit() == 0);
    CHECK(has(router.err().all(), "cut: 1 connection\n"));
}

TEST_CASE("a router's lame duck time that is none is refused", "[cli]") {
    CHECK(
        has(refused({"--listen", "127.0.0.1:0", "--route", "*=127.0.0.1:1", "--lame-duck", "soon"}),
            "--lame-duck: "));
}

TEST_CASE("an admin address that others can reach is warned of, as a listener is", "[cli]") {
    Running router({"--listen", "127.0.0.1:0", "--route", "*=127.0.0.1:1", "--admin", "0.0.0.0:0"});
    const std::string said = router.err().wait_for("hint: ");
    const std::string address = to_string(router.admin());
    CHECK(has(said, "sni-lab: warning: " + address +
                        " can be reached from other machines [SL5003]\n"
                        "hint: listen on 127.0.0.1 to keep it to this one\n"));
}

TEST_CASE("an admin address that is none is refused", "[cli]") {
    CHECK(refused({"--listen", "127.0.0.1:0", "--route", "*=127.0.0.1:1", "--admin", "9901"}) ==
          "sni-lab: error: --admin: \"9901\" has no port; write ADDRESS:PORT [SL1001]\n");
    CHECK(refused({"--listen", "127.0.0.1:0", "--route", "*=127.0.0.1:1", "--admin", ""})
              .find("--admin is empty") != std::string::npos);
    CHECK(refused({"--listen", "127.0.0.1:0", "--route", "*=127.0.0.1:1", "--admin",
                   "unix:/tmp/admin.sock"}) ==
          "sni-lab: error: --admin: \"unix:/tmp/admin.sock\" is not ADDRESS:PORT [SL1001]\n"
          "hint: only what is dialled can be a Unix socket\n");
    CHECK(
        refused({"--listen", "[::ffff:127.0.0.1]:8443", "--route", "*=127.0.0.1:1"}) ==
        "sni-lab: error: --listen: \"[::ffff:127.0.0.1]:8443\" is an IPv4 address in IPv6's words "
        "[SL1001]\n"
        "hint: write 127.0.0.1:8443\n");
}

TEST_CASE("a port in use ends the command with 7 and says whose it is", "[cli]") {
    const Door taken;
    std::ostringstream out, err;
    CHECK(cli::run({"router", "--listen", to_string(taken.endpoint()), "--route", "*=127.0.0.1:1"},
                   out, err) == 7);
    CHECK(out.str().empty());
    CHECK(err.str() == "sni-lab: error: cannot listen on " + to_string(taken.endpoint()) +
                           ": the port is in use [SL7001]\n"
                           "why: this very process listens there already\n"
                           "hint: stop it, or choose another address with --listen; port 0 takes "
                           "a free one\n");
}

TEST_CASE("all wrong values of the router's flags are told at once", "[cli]") {
    CHECK(refused({"--listen", "8443", "--route", "a.example.com", "--idle-timeout", "3"}) ==
          "sni-lab: error: --listen: \"8443\" has no port; write ADDRESS:PORT [SL1001]\n"
          "sni-lab: error: --idle-timeout: \"3\" is not a duration; write a number and ms, s, m or "
          "h, as in 10s [SL1001]\n"
          "sni-lab: error: --route: \"a.example.com\" has no '='; write NAME=HOST:PORT, as in "
          "httpbin.example.com=127.0.0.1:9443 [SL5001]\n");
}

TEST_CASE("a router without routes, or with a routes file it cannot read, does not start",
          "[cli]") {
    CHECK(refused({"--listen", "127.0.0.1:0"}) ==
          "sni-lab: error: there is no route; a router needs --route or --routes [SL1001]\n"
          "hint: as in --route httpbin.example.com=127.0.0.1:9443\n");
    CHECK(refused({"--listen", "127.0.0.1:0", "--routes", "/nowhere/routes"}) ==
          "sni-lab: error: cannot read the routes file \"/nowhere/routes\" [SL1002]\n"
          "why: No such file or directory\n");
    CHECK(refused({"--listen", "127.0.0.1:0", "--routes", "/tmp"}) ==
          "sni-lab: error: cannot read the routes file \"/tmp\" [SL1002]\n"
          "why: it is a folder\n");
}

TEST_CASE("a flag that the router does not have is refused with the nearest one", "[cli]") {
    const std::string said = refused({"--listen", "127.0.0.1:0", "--rute", "*=127.0.0.1:1"});
    CHECK(said.find("there is no flag --rute for sni-lab router") != std::string::npos);
    CHECK(said.find("did you mean --route?") != std::string::npos);
}

}  // namespace cli_router_test
