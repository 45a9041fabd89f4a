// cpp-httplib behind a seam. Its listen loop, its threads, its TLS, its parsers and its routes are
// not used; it is given a head that we wrote ourselves, and writes the answer. For .cpp files only.
#pragma once

#include <functional>

#include <httplib.h>

#include "lab/backend/message.h"

namespace sni::backend {

/// How an answer is to be sent.
struct Delivery {
    bool head_only = false;  ///< the request was a HEAD
    bool close = false;      ///< the connection ends with it
    int minor_version = 1;   ///< of the request: HTTP/1.0 has no chunks
};

struct Delivered {
    int status = 0;
    std::size_t bytes = 0;  ///< head and body
    bool whole = true;      ///< false: the client is gone, or the stream broke off
    /// Nothing can follow this answer: the caller asked for that, or only the end of the connection
    /// tells where it ends.
    bool close = false;
};

class LabServer : public httplib::Server {
  public:
    /// `live_descriptor` is never used, but without one the library takes itself for stopped and
    /// sends the body of a stream as nothing at all.
    explicit LabServer(int live_descriptor);

    /// Calls `respond` and sends what it returns through `write`, with Server, Date and Connection.
    /// An exception out of `respond` becomes a 500 that says nothing about it. Any thread may call.
    Delivered answer(const Delivery& delivery, const std::function<Response()>& respond,
                     const Write& write);

  private:
    /// Where the release lets us write the headers, since it would shuffle them.
    template <class Self>
    static void keep_order(Self& server);
    template <class Self>
    static bool run(Self& server, httplib::Stream& stream);
};

}  // namespace sni::backend
