#include "lab/gateways/server.h"

#include <array>
#include <exception>
#include <utility>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include "lab/gateways/acceptor.h"
#include "lab/net/address.h"
#include "lab/net/bind.h"

namespace sni::gateways {

namespace {

/// A fatal internal_error, as a record before any key is agreed on (RFC 8446 §6).
constexpr std::string_view kRefusal("\x15\x03\x03\x00\x02\x02\x50", 7);

/// The hello is taken first, if it is there by then: a socket that is closed with something unread
/// is reset, and the alert would be lost.
void refuse(const net::Descriptor& socket) {
    constexpr int kHello = 10;  // milliseconds
    pollfd entry{socket.fd(), POLLIN, 0};
    std::array<char, 16384> unread;
    if (::poll(&entry, 1, kHello) > 0) ::recv(socket.fd(), unread.data(), unread.size(), 0);
    ::send(socket.fd(), kRefusal.data(), kRefusal.size(), MSG_NOSIGNAL);
    ::shutdown(socket.fd(), SHUT_WR);
}

}  // namespace

Server::Server(ServerOptions options, Serve serve)
    : options_(std::move(options)),
      serve_(std::move(serve)),
      listener_(net::bind_listener(options_.listen)),
      stop_(::eventfd(0, EFD_CLOEXEC)),
      acceptor_([this] { accept_until_stopped(); }) {}

Server::~Server() {
    ::eventfd_write(stop_.fd(), 1);
    acceptor_.join();
}

Endpoint Server::listening() const {
    return net::local_endpoint(listener_.fd());
}

void Server::accept_until_stopped() {
    unsigned accepted = 0;
    Acceptor acceptor(listener_.fd(), stop_.fd());
    while (net::Descriptor socket = acceptor.next()) {
        reap(false);
        if (running_.size() >= options_.max_connections) {
            turn_away(socket, "too many connections at once");
            continue;
        }
        try {
            begin(socket, ++accepted);
        } catch (const std::exception& error) {
            turn_away(socket, error.what());
        }
    }
    reap(true);
}

/// In a thread of its own. Throws when there is none to be had, and then `socket` is still here.
void Server::begin(net::Descriptor& socket, unsigned number) {
    Running& connection = running_.emplace_back();
    try {
        connection.thread = std::thread([this, &connection, number, fd = socket.fd()] {
            run(net::Descriptor(fd), number);
            connection.over = true;
        });
    } catch (const std::exception&) {
        running_.pop_back();
        throw;
    }
    socket.release();  // the thread has it
}

/// What goes wrong in one connection, for want of memory in practice, ends that one alone.
void Server::run(net::Descriptor socket, unsigned number) const noexcept try {
    serve_(std::move(socket), number, stop_.fd());
} catch (const std::exception&) {
    return;  // the client sees its connection end
}

void Server::turn_away(const net::Descriptor& socket, std::string_view why) const noexcept {
    try {
        if (options_.refused) options_.refused(why);
    } catch (const std::exception&) {
        return refuse(socket);  // if untold
    }
    refuse(socket);
}

/// Those whose connections are over; or waits for all.
void Server::reap(bool all) {
    for (auto it = running_.begin(); it != running_.end();) {
        if (!all && !it->over) {
            ++it;
            continue;
        }
        it->thread.join();
        it = running_.erase(it);
    }
}

}  // namespace sni::gateways
