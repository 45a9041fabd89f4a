// sni-lab backend as a command of this process, and the files that it needs.
#pragma once

#include <condition_variable>
#include <future>
#include <mutex>
#include <ostream>
#include <streambuf>
#include <string>
#include <utility>
#include <vector>

#include <signal.h>
#include <unistd.h>

#include "certs/store.h"
#include "cli/app.h"
#include "cli/signals.h"
#include "lab/core/endpoint.h"
#include "tests/support/backend_fixture.h"
#include "tests/support/catch.h"
#include "tests/support/temp_folder.h"

namespace sni::test {

/// A stream that one thread writes and another waits for lines of.
class Lines : public std::streambuf {
  public:
    /// The first line, without its end; empty when the writer is done and there was none.
    std::string first() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return done_ || text_.find('\n') != std::string::npos; });
        return text_.substr(0, text_.find('\n'));
    }
    /// Blocks until the line that holds `part` has been written, or the writer is done.
    void wait_for(const std::string& part) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] {
            const std::size_t at = text_.find(part);
            const bool there = at != std::string::npos;
            return done_ || (there && text_.find('\n', at + part.size() - 1) != std::string::npos);
        });
    }
    void finish() {
        const std::lock_guard lock(mutex_);
        done_ = true;
        changed_.notify_all();
    }
    std::string text() {
        const std::lock_guard lock(mutex_);
        return text_;
    }

  protected:
    int overflow(int c) override {
        const char byte = static_cast<char>(c);
        xsputn(&byte, 1);
        return c;
    }
    std::streamsize xsputn(const char* bytes, std::streamsize count) override {
        const std::lock_guard lock(mutex_);
        text_.append(bytes, static_cast<std::size_t>(count));
        changed_.notify_all();
        return count;
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::string text_;
    bool done_ = false;
};

/// `sni-lab backend …` on a thread of its own, from `ready` to the signal that stops it.
class Command {
  public:
    explicit Command(std::vector<std::string> args)
        : running_(std::async(std::launch::async, [this, args = std::move(args)] {
              std::ostream out(&out_);
              std::ostream err(&err_);
              const int status = cli::run(args, out, err);
              out_.finish();
              err_.finish();
              return status;
          })) {}
    ~Command() {
        if (running_.valid()) stop();
    }
    Command(const Command&) = delete;
    Command& operator=(const Command&) = delete;

    /// Where it listens.
    Endpoint ready() {
        const std::string line = out_.first();
        INFO(err_.text());
        REQUIRE(line.starts_with("ready "));
        return parse_endpoint(line.substr(6)).value();
    }
    /// Where --admin listens.
    Endpoint admin() {
        const std::string word = "admin ";
        out_.wait_for("\n" + word);
        const std::string said = out_.text();
        const std::size_t at = said.find(word);
        REQUIRE(at != std::string::npos);
        return parse_endpoint(said.substr(at + word.size(), said.find('\n', at) - at - word.size()))
            .value();
    }
    int stop() {
        ::kill(::getpid(), SIGTERM);
        return running_.get();
    }
    void wait_for_talk(const std::string& part) { err_.wait_for(part); }
    std::string out() { return out_.text(); }
    std::string err() { return err_.text(); }

  private:
    // Made first: the signal must find every thread of this process deaf to it.
    cli::Signals deaf_;
    Lines out_;
    Lines err_;
    std::future<int> running_;
};

struct Files {
    TempFolder folder;
    std::string cert = folder / "a.crt";
    std::string key = folder / "a.key";
    std::string identity = folder / "id.key";

    Files() {
        certs::write_file(cert, lab_certificate().chain_pem());
        certs::write_file(key, lab_certificate().key.reveal(), 0600);
    }
    std::vector<std::string> args(std::vector<std::string> more = {}) const {
        std::vector<std::string> all = {"backend", "--listen", "127.0.0.1:0", "--cert", cert,
                                        "--key",   key,        "--identity",  identity};
        all.insert(all.end(), more.begin(), more.end());
        return all;
    }
};

inline bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace sni::test
