// What a cpp-httplib stream of ours has to have beside read() and write(). For .cpp files only.
#pragma once

#include <string>

#include <httplib.h>

namespace sni::web {

/// Newer releases ask more of a stream than older ones, and call it by other names, so nothing here
/// says override.
class StreamBase : public httplib::Stream {
  public:
    bool is_readable() const { return true; }
    bool wait_readable() const { return true; }
    bool is_writable() const { return true; }
    bool wait_writable() const { return true; }
    time_t duration() const { return 0; }
    void get_remote_ip_and_port(std::string&, int&) const {}
    void get_local_ip_and_port(std::string&, int&) const {}
    socket_t socket() const { return INVALID_SOCKET; }
};

}  // namespace sni::web
