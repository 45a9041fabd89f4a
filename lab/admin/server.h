// A small HTTP server for whoever operates a part of the lab: a table of pages, on a thread of its
// own. What the pages say belongs to whoever made the table.
#pragma once

#include <concepts>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "lab/core/endpoint.h"

namespace sni::admin {

struct Page {
    int status = 200;
    std::string type = "text/plain; charset=utf-8";
    std::string body;
};

/// Makes a page, from the query that it was asked with (without its '?') where it looks at that.
class PageMaker {
  public:
    PageMaker() = default;
    template <class Make>
    // NOLINTNEXTLINE(google-explicit-constructor): it stands where a function would
    PageMaker(Make make) {
        if constexpr (std::invocable<Make&, std::string_view>) {
            make_ = std::move(make);
        } else {
            make_ = [make = std::move(make)](std::string_view) { return make(); };
        }
    }
    Page operator()(std::string_view query = {}) const { return make_(query); }

  private:
    std::function<Page(std::string_view)> make_;
};

/// By path. A page is made on the server's thread, one at a time; one that throws is a 500.
using Pages = std::map<std::string, PageMaker, std::less<>>;

/// Takes GET and HEAD, one request a connection, and a few connections at a time, each for a few
/// seconds at most: where there are more, the oldest whose head is not whole makes room. Gives
/// other sites' scripts nothing: no CORS header, and on a loopback address only requests that name
/// an address or localhost, since any site can give this machine's address a name of its own.
class Server {
  public:
    /// Throws Failure(Exit::machine) when the address is in use or forbidden.
    Server(const Endpoint& listen, Pages pages);
    /// Waits for the page that is being made, and for no client.
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    /// With the real port.
    const Endpoint& local() const;
    /// The most descriptors that it opens.
    static constexpr std::size_t kDescriptors = 11;

  private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace sni::admin
