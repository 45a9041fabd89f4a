// cpp-httplib as the writer of HTTP/1.1 answers, the backend's and those of operators' pages: it is
// given the line of the request that was read and writes the head of the answer. Its listen loop,
// threads, TLS, parsers and routes are not used, and no body passes through it.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "lab/http/message.h"
#include "lab/web/head_memo.h"

namespace sni::web {

/// What is answered, and how the answer is to be sent.
struct Delivery {
    std::string method;  ///< empty: of a request that nobody could read
    std::string target;
    int minor_version = 1;   ///< of the request: HTTP/1.0 has no chunks
    bool head_only = false;  ///< the request was a HEAD
    bool close = false;      ///< the connection ends with it
};

/// As it goes over the wire.
struct Head {
    std::string text;      ///< with its blank line
    bool chunked = false;  ///< the body is sent in chunks
    bool close = false;    ///< nothing can follow on the connection
};

class AnswerWriter {
  public:
    AnswerWriter();
    ~AnswerWriter();
    AnswerWriter(const AnswerWriter&) = delete;
    AnswerWriter& operator=(const AnswerWriter&) = delete;

    /// The head of `response`: its own headers, sorted by name, with Server, Date, and what only we
    /// may say of framing and connection. A value that holds a line break is left out. Any thread
    /// may call.
    Head head(const Delivery& delivery, const http::Response& response) const;

  private:
    class Library;
    std::unique_ptr<Library> library_;
    mutable std::mutex mutex_;
    mutable HeadMemo memo_;
};

}  // namespace sni::web
