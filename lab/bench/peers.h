// How an expert would set each router up for this: its files and its command line. Nothing here
// starts anything.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lab/core/endpoint.h"
#include "lab/peers/setup.h"

namespace sni::bench {

/// `name` is a host or *.suffix.
struct Destination {
    std::string name;
    Endpoint backend;
};

/// What every subject has to do.
struct Wiring {
    std::uint16_t port = 0;  ///< where to listen, on 127.0.0.1
    std::vector<Destination> routes;
    std::string folder;  ///< where its files will be; it may write there
    unsigned threads = 1;
    std::size_t max_connections = 1024;
};

using peers::Setup;

/// This program's own router; `self` is its path.
Setup ours(const Wiring& wiring, const std::string& self);

/// The same without splice(2): as a router that has to see the bytes copies them.
Setup copying(const Wiring& wiring, const std::string& self);

/// This program's witness, before the first of the routes.
Setup witness(const Wiring& wiring, const std::string& self);

/// Splices through 256 KiB pipes, defers accept, saves ACKs, one listener for each thread. Many
/// routes go by two maps from name to address: a backend section for each of them would cost
/// 15 KiB and 34 us of start-up, and map_end is searched linearly.
Setup haproxy(const Wiring& wiring, const std::string& program);

/// One worker for each thread with a listener of its own, 64 KiB buffers, routes in a map. `module`
/// is the path of ngx_stream_module.so, empty when it is built in.
Setup nginx(const Wiring& wiring, const std::string& program, const std::string& module);

/// A filter chain and a cluster for each route, behind its tls_inspector; workers as threads.
Setup envoy(const Wiring& wiring, const std::string& program);

/// It has one thread, one regular expression for each route, and nothing to tune.
Setup sniproxy(const Wiring& wiring, const std::string& program);

}  // namespace sni::bench
