#include "lab/gateways/cheating_gateway.h"

#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "lab/gateways/cheat.h"
#include "lab/gateways/connection.h"
#include "lab/gateways/static_rsa_reader.h"
#include "lab/net/dial.h"

namespace sni::gateways {

namespace {

/// Nobody's traffic goes through it, so few are enough.
constexpr std::size_t kMostCheated = 64;

/// A connection that is passed through, and read along.
class Overhearing final : public Connection {
  public:
    Overhearing(const Way& way, const certs::KeyPem& key, const net::Wakeup& stop)
        : Connection(way, stop), reader_(key) {}

    std::string_view overheard() const { return reader_.overheard(); }

  private:
    bool client_said(std::string_view piece) override {
        reader_.from_client(as_bytes(piece));
        return Connection::client_said(piece);
    }
    bool backend_said(std::string_view piece) override {
        reader_.from_backend(as_bytes(piece));
        return Connection::backend_said(piece);
    }

    StaticRsaReader reader_;
};

/// A hello, and the bytes in which it came.
struct Hello {
    tls::HelloFacts facts;
    std::string bytes;
};

/// The hello that `client` begins with, which stays to be read; nothing when none comes, or `stop`
/// is called.
std::optional<Hello> look_at_hello(const net::PlainStream& client, const net::Wakeup& stop) {
    const auto deadline = net::Clock::now() + kPatience;
    std::vector<char> seen(64u << 10);
    for (;;) {
        if (!net::wait_for({{client.fd()}}, deadline, &stop)) return std::nullopt;
        std::size_t got = 0;
        if (client.peek(seen, got) != net::Io::done) return std::nullopt;
        const auto hellos = tls::describe_hellos(std::as_bytes(std::span(seen).first(got)));
        if (!hellos.empty()) return Hello{hellos.front(), std::string(seen.data(), got)};
        // What is there stays readable, so the rest is waited for without poll(2)'s help.
        net::wait_for({}, net::Clock::now() + std::chrono::milliseconds(1), &stop);
        if (net::Clock::now() >= deadline || stop.called()) return std::nullopt;
    }
}

/// Says `hello` to `backend`, and waits for what it answers.
void send_on(const Hello& hello, const Endpoint& backend, const net::Wakeup& stop) {
    auto dialled = net::dial(backend, net::Clock::now() + kPatience, &stop);
    if (!dialled) return;
    session::Channel channel(std::move(*dialled));
    if (write_all(channel, hello.bytes, stop)) wait_for(channel, net::Io::want_read, stop);
}

/// What becomes of each connection.
class Cheats {
  public:
    explicit Cheats(const CheatingOptions& options)
        : options_(options),
          cheated_{.backend = options.plain.value_or(options.backend),
                   .ends = ending_context(options_.chain_pem, options_.key, options_.alpn),
                   .begins = options.plain ? nullptr : beginning_context()},
          passed_{.backend = options.backend} {}

    void serve(net::PlainStream client, unsigned number, const net::Wakeup& stop) const {
        if (cheats_on(client, number, stop)) {
            if (options_.sends_hello_on) {
                if (const auto hello = look_at_hello(client, stop))
                    send_on(*hello, options_.backend, stop);
            }
            Cheat(options_, cheated_, own_, stop).serve(std::move(client));
        } else if (options_.overheard) {
            Overhearing connection(passed_, options_.key, stop);
            connection.serve(std::move(client));
            options_.overheard(connection.overheard());
        } else {
            Connection(passed_, stop).serve(std::move(client));
        }
    }

  private:
    bool cheats_on(const net::PlainStream& client, unsigned number, const net::Wakeup& stop) const {
        if (options_.every == 0 || number % options_.every != 0) return false;
        if (!options_.picks) return true;
        const auto hello = look_at_hello(client, stop);
        return hello && options_.picks(hello->facts);
    }

    const CheatingOptions options_;
    const certs::Identity own_ = certs::Identity::make();  ///< not the one that the client expects
    const Way cheated_;
    const Way passed_;
};

}  // namespace

CheatingGateway::CheatingGateway(const CheatingOptions& options)
    : server_({options.listen, kMostCheated, {}},
              [cheats = std::make_shared<const Cheats>(options)](
                  net::PlainStream client, unsigned number, const net::Wakeup& stop) {
                  cheats->serve(std::move(client), number, stop);
              }) {}

}  // namespace sni::gateways
