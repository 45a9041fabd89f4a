// cpp-httplib behind a seam. Its listen loop, its threads, its TLS, its parsers and its routes are
// not used; it is given a head that we wrote ourselves, and writes the head of the answer. For .cpp
// files only.
#pragma once

#include <functional>
#include <string>

#include <httplib.h>

#include "lab/backend/outgoing.h"
#include "lab/http/message.h"

namespace sni::backend {

/// How an answer is to be sent.
struct Delivery {
    bool head_only = false;  ///< the request was a HEAD
    bool close = false;      ///< the connection ends with it
    int minor_version = 1;   ///< of the request: HTTP/1.0 has no chunks
};

class LabServer : public httplib::Server {
  public:
    /// `live_descriptor` is never used, but without one the library takes itself for stopped.
    explicit LabServer(int live_descriptor);

    /// `response` as it goes over the wire, with Server, Date and Connection; its `after` is
    /// somebody else's business. Any thread may call.
    Outgoing answer(const Delivery& delivery, http::Response response);

  private:
    template <class Self>
    static void run(Self& server, httplib::Stream& stream);
    template <class Self>
    static void keep_order(Self& server);
};

/// What `respond` returns; an exception out of it becomes a 500 that says nothing about it.
http::Response guarded(const std::function<http::Response()>& respond);

}  // namespace sni::backend
