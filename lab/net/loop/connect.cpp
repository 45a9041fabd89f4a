#include "lab/net/loop/connect.h"

#include <cerrno>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include "lab/net/dial.h"

namespace sni::net {

namespace {

/// What poll(2) says of a connection that is being made; 0 while it is. A backend on this machine
/// has answered before connect(2) returns: to see that now spares a wait, and spares the stream
/// events about room that it has had from the start.
short answer_now(int connecting) {
    pollfd answer{.fd = connecting, .events = POLLOUT, .revents = 0};
    return ::poll(&answer, 1, 0) == 1 ? answer.revents : short{0};
}

}  // namespace

Beginning begin_connect(Loop& loop, const Endpoint& endpoint) {
    const Address address(endpoint);
    Descriptor socket = new_stream_socket(address);
    if (!socket) return {.error = errno};
    if (address.family() != AF_UNIX) {
        // The hello follows at once and carries the ACK, of the SYN-ACK as of what is answered: 18
        // segments instead of 20 for a connection through here.
        const int off = 0;
        ::setsockopt(socket.fd(), IPPROTO_TCP, TCP_QUICKACK, &off, sizeof off);
        set_user_timeout(loop.liveness(), socket.fd());
    }
    const int begun = start_connecting(socket, address);
    if (begun != 0 && begun != EINPROGRESS) return {.error = begun};
    const short answer = begun == 0 ? POLLOUT : answer_now(socket.fd());
    if (answer & (POLLERR | POLLHUP)) {
        const int error = pending_error(socket.fd());
        return {.error = error != 0 ? error : ECONNREFUSED};
    }
    StreamPtr stream(new Stream(loop, std::move(socket), Slot()));
    stream->await_input();
    return {.stream = std::move(stream), .connected = answer != 0};
}

Dial::Dial(Socket& client, const Endpoint& endpoint, std::chrono::milliseconds within)
    : client_(client.stream()), endpoint_(endpoint), within_(within) {}

Dial::~Dial() {
    stop_waiting();
}

/// True when it is decided already.
bool Dial::await_ready() {
    if (client_.failed() || client_.expired()) {
        error_ = ECANCELED;
        return true;
    }
    Beginning begun = begin_connect(client_.loop(), endpoint_);
    error_ = begun.error;
    backend_ = std::move(begun.stream);
    return error_ != 0 || begun.connected;
}

void Dial::await_suspend(std::coroutine_handle<> awaiting) {
    awaiting_ = awaiting;
    backend_->listen_for_room();
    backend_->expire_at(backend_->loop().now() + within_);
    backend_->set_waiter(this);
    client_.listen_for_input();
    client_.set_waiter(this);
}

void Dial::on_ready(Stream& stream) {
    if (&stream == &client_) {
        if (client_.failed()) go_on(ECANCELED);
        return;
    }
    if (stream.failed()) {
        const int error = pending_error(stream.fd());
        go_on(error != 0 ? error : ECONNREFUSED);
    } else {
        go_on(0);
    }
}

void Dial::on_expired(Stream& stream) {
    go_on(&stream == backend_.get() ? ETIMEDOUT : ECANCELED);
}

Socket Dial::await_resume() {
    if (error_ != 0) throw Error(error_);
    backend_->expire_never();
    return {std::move(backend_), endpoint_};
}

void Dial::stop_waiting() {
    if (client_.waiter() == this) client_.set_waiter(nullptr);
    if (backend_) backend_->set_waiter(nullptr);
}

void Dial::go_on(int error) {
    error_ = error;
    stop_waiting();
    awaiting_.resume();
}

}  // namespace sni::net
