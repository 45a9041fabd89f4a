#include "lab/gateways/cheating_gateway.h"

#include <array>
#include <atomic>
#include <cerrno>
#include <exception>
#include <list>
#include <optional>
#include <thread>
#include <utility>

#include <openssl/ssl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include "certs/install.h"
#include "certs/openssl.h"
#include "lab/core/diagnostic.h"
#include "lab/gateways/acceptor.h"
#include "lab/gateways/forger.h"
#include "lab/gateways/side.h"
#include "lab/gateways/static_rsa_reader.h"
#include "lab/http/response_reader.h"
#include "lab/net/address.h"
#include "lab/net/bind.h"
#include "lab/net/descriptor.h"

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

ContextPtr server_context(const CheatingOptions& options) {
    ContextPtr context(certs::check(SSL_CTX_new(TLS_server_method()), "set up the gateway's TLS"));
    certs::install(context.get(), options.chain_pem, options.key, "the gateway");
    SSL_CTX_set_alpn_select_cb(
        context.get(),
        [](SSL*, const unsigned char** out, unsigned char* out_length, const unsigned char* offered,
           unsigned length, void*) {
            static constexpr std::array<unsigned char, 9> kHttp11 = {8,   'h', 't', 't', 'p',
                                                                     '/', '1', '.', '1'};
            unsigned char* chosen = nullptr;
            const int found = SSL_select_next_proto(&chosen, out_length, kHttp11.data(),
                                                    kHttp11.size(), offered, length);
            *out = chosen;
            return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
        },
        nullptr);
    return context;
}

/// A connection that is being cheated on, or passed through where the sides have no TLS.
class Session {
  public:
    Session(const CheatingOptions& options, const certs::Identity& own, int stop)
        : options_(options), own_(own), stop_(stop) {}

    void cheat(net::Descriptor socket, SSL_CTX* from_client, SSL_CTX* to_backend) {
        client_.socket = std::move(socket);
        client_.ssl.reset(SSL_new(from_client));
        SSL_set_fd(client_.ssl.get(), client_.socket.fd());
        record_.listen_to(client_.ssl.get());
        record_.keep();
        if (!drive(client_, stop_, [](SSL* ssl) { return SSL_accept(ssl); })) return;
        if (!reach(options_.plain.value_or(options_.backend))) return;
        if (!options_.plain && !shake_hands_as_client(to_backend)) return;
        relay();
        SSL_shutdown(client_.ssl.get());
    }

    void wrap(net::Descriptor socket, SSL_CTX* to_backend) {
        client_.socket = std::move(socket);
        if (reach(options_.backend) && shake_hands_as_client(to_backend)) relay();
    }

    void pass_through(net::Descriptor socket) {
        client_.socket = std::move(socket);
        if (options_.overheard) reader_.emplace(options_.key);
        if (reach(options_.backend)) relay();
        if (reader_) options_.overheard(reader_->overheard());
    }

  private:
    bool reach(const Endpoint& backend) {
        const net::Address address(backend);
        backend_.socket = net::Descriptor(
            ::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
        if (!backend_.socket) return false;
        if (::connect(backend_.socket.fd(), address.get(), address.size()) == 0) return true;
        return errno == EINPROGRESS && wait_for(backend_, POLLOUT, stop_);
    }

    std::optional<std::string> sni() const {
        if (!client_.ssl) return std::nullopt;
        const char* name = SSL_get_servername(client_.ssl.get(), TLSEXT_NAMETYPE_host_name);
        return name ? std::optional<std::string>(name) : std::nullopt;
    }

    bool shake_hands_as_client(SSL_CTX* context) {
        backend_.ssl.reset(SSL_new(context));
        SSL* const ssl = backend_.ssl.get();
        SSL_set_fd(ssl, backend_.socket.fd());
        if (const auto name = sni()) SSL_set_tlsext_host_name(ssl, name->c_str());
        if (options_.forgery != Forgery::none) look_like_the_client(ssl);
        return drive(backend_, stop_, [](SSL* s) { return SSL_connect(s); });
    }

    void look_like_the_client(SSL* ssl) const {
        const int version = SSL_version(client_.ssl.get());
        SSL_set_min_proto_version(ssl, version);
        SSL_set_max_proto_version(ssl, version);
        const unsigned char* name = nullptr;
        unsigned length = 0;
        SSL_get0_alpn_selected(client_.ssl.get(), &name, &length);
        std::string offer(1, static_cast<char>(length));
        offer.append(reinterpret_cast<const char*>(name), length);
        if (length == 0) return;
        SSL_set_alpn_protos(ssl, reinterpret_cast<const unsigned char*>(offer.data()),
                            static_cast<unsigned>(offer.size()));
    }

    /// Until either side is over.
    void relay() {
        while (pass_on(client_, backend_) && pass_on(backend_, client_)) {
            std::array<pollfd, 3> entries{{{client_.socket.fd(), POLLIN, 0},
                                           {backend_.socket.fd(), POLLIN, 0},
                                           {stop_, POLLIN, 0}}};
            const int idle = static_cast<int>(options_.idle.count());
            if (::poll(entries.data(), entries.size(), idle) <= 0 || entries[2].revents != 0)
                return;
        }
    }

    /// Everything that `from` has to give so far; false when either is over.
    bool pass_on(const Side& from, const Side& to) {
        std::array<char, 16384> bytes;
        for (;;) {
            const int got = read_some(from, bytes);
            if (got <= 0) return got == 0;
            const std::string_view piece(bytes.data(), static_cast<std::size_t>(got));
            overhear(&from == &client_, piece);
            const bool asked = &from == &client_ && nonce_asked_for(piece).has_value();
            if (asked && options_.forgery != Forgery::none) {
                if (!forge(std::string(piece))) return false;
            } else if (!write_all(to, piece, stop_)) {
                return false;
            }
        }
    }

    void overhear(bool client, std::string_view piece) {
        if (!reader_) return;
        if (client) {
            reader_->from_client(as_bytes(piece));
        } else {
            reader_->from_backend(as_bytes(piece));
        }
    }

    /// Answers a request for the proof in its own way; false when the connection ends with that.
    bool forge(std::string request) {
        const proof::Nonce nonce = nonce_asked_for(request).value_or(proof::Nonce{});
        switch (options_.forgery) {
            case Forgery::none:
                break;
            case Forgery::swap_nonce:
                return write_all(backend_, with_other_nonce(std::move(request)), stop_);
            case Forgery::replay:
                return answer(genuine_envelope(options_.backend, sni(), proof::Nonce{}));
            case Forgery::other_connection:
                return answer(genuine_envelope(options_.backend, sni(), nonce));
            case Forgery::rewrite:
                return answer(forged_envelope(fetch(request), client_.ssl.get(), record_, nullptr));
            case Forgery::resign:
                return answer(forged_envelope(fetch(request), client_.ssl.get(), record_, &own_));
            case Forgery::truncate: {
                const std::string whole = fetch(request);
                return answer(std::string_view(whole).substr(0, whole.size() / 2));
            }
            case Forgery::drop:
                break;
        }
        return false;
    }

    bool answer(std::string_view body) { return write_all(client_, answer_with(body), stop_); }

    /// The body of the backend's answer to `request`.
    std::string fetch(std::string_view request) {
        if (!write_all(backend_, request, stop_)) return "";
        http::ResponseReader reader(proof::kEnvelopeLimit);
        std::array<char, 16384> bytes;
        for (;;) {
            const int got = read_some(backend_, bytes);
            if (got < 0) return "";
            if (got == 0 && !wait_for(backend_, POLLIN, stop_)) return "";
            const auto state = reader.feed({bytes.data(), static_cast<std::size_t>(got)});
            if (state == http::ResponseReader::State::whole) return reader.response().body;
            if (state == http::ResponseReader::State::broken) return "";
        }
    }

    const CheatingOptions& options_;
    const certs::Identity& own_;
    int stop_;
    std::optional<StaticRsaReader> reader_;
    session::StreamRecord record_{session::StreamRecord::End::backend};
    Side client_;
    Side backend_;
};

}  // namespace

std::string_view to_string(Forgery forgery) {
    switch (forgery) {
        case Forgery::none:
            return "none";
        case Forgery::rewrite:
            return "rewrite";
        case Forgery::resign:
            return "resign";
        case Forgery::replay:
            return "replay";
        case Forgery::swap_nonce:
            return "swap_nonce";
        case Forgery::other_connection:
            return "other_connection";
        case Forgery::drop:
            return "drop";
        case Forgery::truncate:
            break;
    }
    return "truncate";
}

class CheatingGateway::Impl {
  public:
    explicit Impl(const CheatingOptions& options)
        : from_client_(options.wraps ? nullptr : server_context(options)),
          to_backend_(certs::check(SSL_CTX_new(TLS_client_method()), "set up the gateway's TLS")),
          options_(options),
          listener_(net::bind_listener(options.listen)),
          stop_(::eventfd(0, EFD_CLOEXEC)),
          acceptor_([this] { accept_until_stopped(); }) {}

    ~Impl() {
        ::eventfd_write(stop_.fd(), 1);
        acceptor_.join();
    }
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    Endpoint listening() const { return net::local_endpoint(listener_.fd()); }

  private:
    struct Running {
        std::atomic<bool> over{false};
        std::thread thread;
    };

    /// In a thread of its own. Throws when there is none to be had, and then `socket` is still
    /// here.
    void begin(std::list<Running>& sessions, net::Descriptor& socket, bool cheats) {
        Running& session = sessions.emplace_back();
        try {
            session.thread = std::thread([this, &session, cheats, fd = socket.fd()] {
                serve(net::Descriptor(fd), cheats);
                session.over = true;
            });
        } catch (const std::exception&) {
            sessions.pop_back();
            throw;
        }
        socket.release();  // the thread has it
    }

    /// What goes wrong in one connection, for want of memory in practice, ends that one alone.
    void serve(net::Descriptor socket, bool cheats) noexcept try {
        Session session(options_, own_, stop_.fd());
        if (options_.wraps) {
            session.wrap(std::move(socket), to_backend_.get());
        } else if (cheats) {
            session.cheat(std::move(socket), from_client_.get(), to_backend_.get());
        } else {
            session.pass_through(std::move(socket));
        }
    } catch (const std::exception&) {
        return;  // the client sees its connection end
    }

    void turn_away(const net::Descriptor& socket, std::string_view why) const noexcept {
        try {
            if (options_.refused) options_.refused(why);
        } catch (const std::exception&) {
            // Refused, if untold.
        }
        refuse(socket);
    }

    void accept_until_stopped() {
        std::list<Running> sessions;
        unsigned accepted = 0;
        const auto reap = [&](bool all) {
            for (auto it = sessions.begin(); it != sessions.end();) {
                if (!all && !it->over) {
                    ++it;
                    continue;
                }
                it->thread.join();
                it = sessions.erase(it);
            }
        };
        Acceptor acceptor(listener_.fd(), stop_.fd());
        while (net::Descriptor socket = acceptor.next()) {
            reap(false);
            if (sessions.size() >= options_.max_connections) {
                turn_away(socket, "too many connections at once");
                continue;
            }
            const bool cheats = options_.every != 0 && ++accepted % options_.every == 0;
            try {
                begin(sessions, socket, cheats);
            } catch (const std::exception& error) {
                turn_away(socket, error.what());
            }
        }
        reap(true);
    }

    ContextPtr from_client_;
    ContextPtr to_backend_;
    CheatingOptions options_;
    certs::Identity own_ = certs::Identity::make();  ///< not the one that the client expects
    net::Descriptor listener_;
    net::Descriptor stop_;
    std::thread acceptor_;
};

CheatingGateway::CheatingGateway(const CheatingOptions& options)
    : impl_(std::make_unique<Impl>(options)) {}

CheatingGateway::~CheatingGateway() = default;

Endpoint CheatingGateway::listening() const {
    return impl_->listening();
}

}  // namespace sni::gateways
