// Connections that are made without a loop; connect.h has those for sessions on one.
#pragma once

#include "lab/core/endpoint.h"
#include "lab/core/result.h"
#include "lab/net/address.h"
#include "lab/net/plain_stream.h"
#include "lab/net/wait.h"

namespace sni::net {

/// Which of this machine's ports a connection comes from. Linux prefers even ones, so that whoever
/// dials again and again is never seen on an odd one. A wish: where there is no such port, any is
/// taken.
enum class SourcePort { any, even, odd };

/// A socket that the kernel connects to an address or a Unix path, without waiting: non-blocking,
/// close-on-exec, TCP_NODELAY. There is room to write when that is decided, and pending_error()
/// tells how. The error is an errno.
Result<PlainStream, int> start_dial(const Endpoint& to, SourcePort from = SourcePort::any);

/// Why a connection failed that was being made; 0 when it did not.
int pending_error(int fd);

/// The same, waited for: ETIMEDOUT at `deadline`, ECANCELED when `stop` is called.
Result<PlainStream, int> dial(const Endpoint& to, Clock::time_point deadline,
                              const Wakeup* stop = nullptr, SourcePort from = SourcePort::any);

// What follows is for lab/net.

/// The socket of start_dial(), not yet on its way; it is empty when there is none, with errno.
Descriptor new_stream_socket(const Address& to);
/// Sends it on its way: 0 when it is there already, EINPROGRESS while it is not, else why it never
/// will be.
int start_connecting(const Descriptor& socket, const Address& to);

}  // namespace sni::net
