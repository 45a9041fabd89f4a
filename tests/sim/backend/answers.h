// Reads what a client is answered, in whatever pieces, and holds it against what is right.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/sim/backend/ask.h"

namespace sni::sim {

/// How a connection ended, as the client hears it.
enum class Ending {
    clean,  ///< an end that only the backend can have sent
    cut,    ///< with TLS: no close_notify before it
    reset,
};

class AnswerReader {
  public:
    struct Answered {
        int status = 0;
        std::uint64_t bytes = 0;
        bool refused = false;  ///< not what was asked for
    };
    struct Rules {
        /// May the answer to ask number `at` be this status instead?
        std::function<bool(std::size_t at, int status)> may_refuse;
        /// May this side have been told, in a conversation, that the other one leaves?
        std::function<bool()> may_leave;
        /// The first byte of an answer, or the last one, is there.
        std::function<void(std::size_t at, bool whole)> comes;
    };

    AnswerReader(const std::vector<Ask>& asks, Rules rules)
        : asks_(asks), rules_(std::move(rules)) {}

    void hear(std::string_view bytes);
    void end(Ending ending);

    /// Those that are whole, in order.
    const std::vector<Answered>& answered() const { return answered_; }
    /// The backend waits for the body of ask number `at`, or has answered it.
    bool continues(std::size_t at) const { return continued_ > at || answered_.size() > at; }
    /// Nothing more is answered.
    bool closed() const { return closed_; }
    /// All that is said in a conversation was said back.
    bool echoed() const {
        return stage_ == Stage::talk && talked_.size() >= asks_[at_].echo.size();
    }
    bool talking() const { return stage_ == Stage::talk; }
    /// The first thing that was not right.
    const std::string& wrong() const { return wrong_; }

  private:
    enum class Stage { head, length, chunk_size, chunk, trailers, until_end, talk };

    bool step();
    bool read_head();
    bool read_fields(std::string_view lines, http::Headers& into);
    void judge_head(int status, const http::Headers& headers);
    bool read_body();
    bool read_chunk_size();
    bool read_trailers();
    bool talk();
    void finish_answer();
    void fail(std::string what);
    bool take_line(std::string_view& line);
    void take(std::size_t count);

    const std::vector<Ask>& asks_;
    Rules rules_;
    std::string buffer_;
    std::size_t at_ = 0;         ///< the ask whose answer comes next
    std::size_t continued_ = 0;  ///< behind the last one that was told to go on
    Stage stage_ = Stage::head;
    Answered answer_;
    std::string content_;
    std::uint64_t left_ = 0;  ///< of the body, or of a chunk
    bool answer_closes_ = false;
    std::vector<Answered> answered_;
    std::string talked_;
    bool closed_ = false;
    std::string wrong_;
};

}  // namespace sni::sim
