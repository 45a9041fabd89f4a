// A TLS client for tests, on OpenSSL alone: it sends the bytes it is told to and reads one answer
// at a time. Nothing is verified; tests look at what they want to know. Throws std::runtime_error
// when something does not come within ten seconds.
#pragma once

#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "certs/issue.h"
#include "lab/core/endpoint.h"

namespace sni::test {

/// A connected TCP socket on loopback, closed in the destructor.
class TcpClient {
  public:
    explicit TcpClient(const Endpoint& server)
        : fd_(::socket(server.kind == Endpoint::Kind::ipv6 ? AF_INET6 : AF_INET,
                       SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        const timeval limit{.tv_sec = 10, .tv_usec = 0};
        const int on = 1;
        ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
        ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        int failed = -1;
        if (server.kind == Endpoint::Kind::ipv6) {
            sockaddr_in6 address{};
            address.sin6_family = AF_INET6;
            address.sin6_port = htons(server.port);
            inet_pton(AF_INET6, server.host.c_str(), &address.sin6_addr);
            failed = ::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address);
        } else {
            sockaddr_in address{};
            address.sin_family = AF_INET;
            address.sin_port = htons(server.port);
            inet_pton(AF_INET, server.host.c_str(), &address.sin_addr);
            failed = ::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address);
        }
        if (failed != 0) {
            const std::string why = std::strerror(errno);
            ::close(fd_);
            throw std::runtime_error("connect: " + why);
        }
    }
    ~TcpClient() {
        if (fd_ >= 0) ::close(fd_);
    }
    TcpClient(TcpClient&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    TcpClient(const TcpClient&) = delete;
    TcpClient& operator=(const TcpClient&) = delete;
    TcpClient& operator=(TcpClient&&) = delete;

    int fd() const { return fd_; }

    void send(std::string_view bytes) const {
        while (!bytes.empty()) {
            const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent <= 0) throw std::runtime_error("send failed");
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
    }

    /// Everything until the peer finishes; a reset ends it too.
    std::string read_to_end() const {
        std::string all;
        char chunk[4096];
        ssize_t got = 0;
        while ((got = ::recv(fd_, chunk, sizeof chunk, 0)) > 0) {
            all.append(chunk, static_cast<std::size_t>(got));
        }
        if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            throw std::runtime_error("the peer did not close within ten seconds");
        }
        return all;
    }

  private:
    int fd_;
};

struct Answer {
    int status = 0;
    std::string reason;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
    std::vector<std::string> chunks;  ///< of a chunked body, as they were cut
    std::vector<std::pair<std::string, std::string>> trailers;

    /// The value of `name`, whatever its case; nothing when there is none.
    std::optional<std::string> header(std::string_view name) const {
        for (const auto& [key, value] : headers) {
            if (key.size() == name.size() &&
                ::strncasecmp(key.data(), name.data(), name.size()) == 0)
                return value;
        }
        return std::nullopt;
    }
};

struct TlsClientOptions {
    std::optional<std::string> sni = "httpbin.example.com";
    std::vector<std::string> alpn;
    int min_version = TLS1_2_VERSION;
    int max_version = TLS1_3_VERSION;
    std::string ciphers;  ///< for TLS 1.2 and older; empty: OpenSSL's own
    std::optional<certs::CertBundle> certificate;
    bool extended_master_secret = true;
    SSL_SESSION* resume = nullptr;
    std::string preface;          ///< sent in front of TLS
    std::size_t preface_cut = 0;  ///< in two pieces, the first of that size
};

class TlsClient {
  public:
    using Options = TlsClientOptions;

    /// Connects and finishes the handshake; throws when the server refuses it.
    explicit TlsClient(const Endpoint& server, const Options& options = {})
        : tcp_(server), context_(SSL_CTX_new(TLS_client_method()), SSL_CTX_free) {
        SSL_CTX* const c = context_.get();
        SSL_CTX_set_security_level(c, 0);  // tests offer what no client should
        SSL_CTX_set_min_proto_version(c, options.min_version);
        SSL_CTX_set_max_proto_version(c, options.max_version);
        if (!options.ciphers.empty()) SSL_CTX_set_cipher_list(c, options.ciphers.c_str());
        std::string protocols;
        for (const std::string& protocol : options.alpn) {
            protocols += static_cast<char>(protocol.size());
            protocols += protocol;
        }
        if (!protocols.empty()) {
            SSL_CTX_set_alpn_protos(c, reinterpret_cast<const unsigned char*>(protocols.data()),
                                    static_cast<unsigned>(protocols.size()));
        }
        if (options.certificate) use(*options.certificate);
        if (!options.extended_master_secret) {
            SSL_CTX_set_options(c, SSL_OP_NO_EXTENDED_MASTER_SECRET);
        }
        ssl_.reset(SSL_new(c));
        if (options.sni) SSL_set_tlsext_host_name(ssl_.get(), options.sni->c_str());
        if (options.resume) SSL_set_session(ssl_.get(), options.resume);
        SSL_set_fd(ssl_.get(), tcp_.fd());
        tcp_.send(options.preface.substr(0, options.preface_cut));
        tcp_.send(options.preface.substr(options.preface_cut));
        if (SSL_connect(ssl_.get()) != 1) throw std::runtime_error("handshake: " + last_error());
    }

    SSL* ssl() const { return ssl_.get(); }
    const TcpClient& tcp() const { return tcp_; }

    void send(std::string_view bytes) {
        if (SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size())) !=
            static_cast<int>(bytes.size())) {
            throw std::runtime_error("write: " + last_error());
        }
    }

    /// Up to the blank line of the next answer.
    Answer read_head() {
        Answer answer;
        const std::string text = take_until("\r\n\r\n");
        const std::size_t line_end = text.find("\r\n");
        const std::string line = text.substr(0, line_end);
        if (line.size() < 13 || !line.starts_with("HTTP/1.1 "))
            throw std::runtime_error("no status line: " + line);
        answer.status = std::stoi(line.substr(9, 3));
        answer.reason = line.substr(13);
        for (std::size_t at = line_end + 2; at < text.size();) {
            const std::size_t end = text.find("\r\n", at);
            if (end == at || end == std::string::npos) break;
            answer.headers.push_back(field(text.substr(at, end - at)));
            at = end + 2;
        }
        return answer;
    }

    /// The next answer on this connection; `head` when it answers a HEAD.
    Answer read_answer(bool head = false) {
        Answer answer = read_head();
        const bool bodiless =
            head || answer.status < 200 || answer.status == 204 || answer.status == 304;
        if (bodiless) return answer;
        if (const auto length = answer.header("Content-Length")) {
            answer.body = take(std::stoul(*length));
        } else if (answer.header("Transfer-Encoding")) {
            while (true) {
                const std::size_t size = std::stoul(take_until("\r\n"), nullptr, 16);
                if (size == 0) break;
                answer.chunks.push_back(take(size));
                answer.body += answer.chunks.back();
                if (take(2) != "\r\n") throw std::runtime_error("a chunk longer than its size");
            }
            for (std::string line = take_until("\r\n"); line != "\r\n"; line = take_until("\r\n")) {
                answer.trailers.push_back(field(line.substr(0, line.size() - 2)));
            }
        } else {
            answer.body = read_to_end();
        }
        return answer;
    }

    /// Sends a GET and reads its answer.
    Answer get(std::string_view target) {
        send("GET " + std::string(target) + " HTTP/1.1\r\nHost: httpbin.example.com\r\n\r\n");
        return read_answer();
    }

    /// What is left until the server closes; a reset or a truncation ends it too.
    std::string read_to_end() {
        while (fill()) {
        }
        return std::exchange(read_, {});
    }

    /// In OpenSSL's words; the error queue is empty afterwards.
    static std::string last_error() {
        std::string text;
        while (const unsigned long error = ERR_get_error()) {
            char words[256];
            ERR_error_string_n(error, words, sizeof words);
            text += (text.empty() ? "" : "; ") + std::string(words);
        }
        return text;
    }

    /// The next `count` bytes.
    std::string take(std::size_t count) {
        while (read_.size() < count) {
            if (!fill()) throw std::runtime_error("the server closed in the middle of a body");
        }
        std::string taken = read_.substr(0, count);
        read_.erase(0, count);
        return taken;
    }

  private:
    static std::pair<std::string, std::string> field(const std::string& line) {
        const std::size_t colon = line.find(": ");
        if (colon == std::string::npos) throw std::runtime_error("no header line: " + line);
        return {line.substr(0, colon), line.substr(colon + 2)};
    }

    void use(const certs::CertBundle& bundle) {
        BIO* cert =
            BIO_new_mem_buf(bundle.cert_pem.data(), static_cast<int>(bundle.cert_pem.size()));
        BIO* key = BIO_new_mem_buf(bundle.key.reveal().data(),
                                   static_cast<int>(bundle.key.reveal().size()));
        X509* x509 = PEM_read_bio_X509(cert, nullptr, nullptr, nullptr);
        EVP_PKEY* pkey = PEM_read_bio_PrivateKey(key, nullptr, nullptr, nullptr);
        SSL_CTX_use_certificate(context_.get(), x509);
        SSL_CTX_use_PrivateKey(context_.get(), pkey);
        X509_free(x509);
        EVP_PKEY_free(pkey);
        BIO_free(cert);
        BIO_free(key);
    }

    bool fill() {
        char chunk[16384];
        const int got = SSL_read(ssl_.get(), chunk, sizeof chunk);
        if (got <= 0) {
            const bool late = SSL_get_error(ssl_.get(), got) == SSL_ERROR_WANT_READ;
            ERR_clear_error();
            if (late) throw std::runtime_error("nothing came within ten seconds");
            return false;
        }
        read_.append(chunk, static_cast<std::size_t>(got));
        return true;
    }

    std::string take_until(std::string_view end) {
        std::size_t at = 0;
        while ((at = read_.find(end)) == std::string::npos) {
            if (!fill()) throw std::runtime_error("the server closed in the middle: " + read_);
        }
        return take(at + end.size());
    }

    TcpClient tcp_;
    std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
    std::unique_ptr<SSL, decltype(&SSL_free)> ssl_{nullptr, SSL_free};
    std::string read_;
};

}  // namespace sni::test
