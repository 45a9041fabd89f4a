#include "lab/gateways/server.h"

#include <array>
#include <exception>
#include <utility>

#include "lab/gateways/acceptor.h"
#include "lab/net/bind.h"
#include "lab/net/signals.h"
#include "lab/net/wait.h"

namespace sni::gateways {

namespace {

/// A fatal internal_error, as a record before any key is agreed on (RFC 8446 §6).
constexpr std::string_view kRefusal("\x15\x03\x03\x00\x02\x02\x50", 7);

/// The hello is taken first, if it is there by then: a socket that is closed with something unread
/// is reset, and the alert would be lost.
void refuse(net::PlainStream& client) {
    constexpr std::chrono::milliseconds kHello{10};
    std::array<char, 16384> unread;
    std::size_t count = 0;
    if (net::wait_for({{client.fd()}}, net::Clock::now() + kHello)) client.read(unread, count);
    client.write(kRefusal, count);
    client.finish_sending();
}

}  // namespace

Server::Server(ServerOptions options, Serve serve)
    : options_(std::move(options)),
      serve_(std::move(serve)),
      listener_(net::bind_listener(options_.listen)),
      acceptor_(net::start_thread([this] { accept_until_stopped(); })) {}

Server::~Server() {
    stop_.call();
    acceptor_.join();
}

Endpoint Server::listening() const {
    return net::bound_to(listener_);
}

void Server::accept_until_stopped() {
    unsigned accepted = 0;
    Acceptor acceptor(listener_, stop_);
    while (net::PlainStream client = acceptor.next()) {
        reap(false);
        if (running_.size() >= options_.max_connections) {
            turn_away(client, "too many connections at once");
            continue;
        }
        try {
            begin(client, ++accepted);
        } catch (const std::exception& error) {
            turn_away(client, error.what());
        }
    }
    reap(true);
}

/// In a thread of its own. Throws when there is none to be had, and then `client` is still here.
void Server::begin(net::PlainStream& client, unsigned number) {
    Running& connection = running_.emplace_back();
    try {
        connection.client = std::move(client);
        connection.thread = net::start_thread([this, &connection, number] {
            run(std::move(connection.client), number);
            connection.over = true;
        });
    } catch (const std::exception&) {
        client = std::move(connection.client);
        running_.pop_back();
        throw;
    }
}

/// What goes wrong in one connection, for want of memory in practice, ends that one alone.
void Server::run(net::PlainStream client, unsigned number) const noexcept try {
    serve_(std::move(client), number, stop_);
} catch (const std::exception&) {
    return;  // the client sees its connection end
}

void Server::turn_away(net::PlainStream& client, std::string_view why) const noexcept {
    try {
        if (options_.refused) options_.refused(why);
    } catch (const std::exception&) {
        return refuse(client);  // if untold
    }
    refuse(client);
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
