// sni-lab get: one request, as the tutorial's curl makes it.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "cli/app.h"
#include "cli/hello_flags.h"
#include "cli/pem_files.h"

namespace sni::cli {

struct GetOptions {
    std::string url;
    std::string sni;  ///< empty: the URL's host
    bool no_sni = false;
    std::string connect;  ///< HOST:PORT; empty: the running lab
    std::filesystem::path cacert;
    ClientPair client;                 ///< shown to whoever asks for a certificate
    HelloFlags hello;                  ///< without --alpn, h2 is left out: it speaks HTTP/1.1
    std::vector<std::string> headers;  ///< "Name: value", as curl takes them
    std::filesystem::path state;
    std::chrono::milliseconds timeout{
        15'000};  ///< longer than verify's: /delay/10 is a fair request
    bool json = false;
};

/// Shows path, handshake, certificate and answer, and the equal curl line.
Exit run_get(const GetOptions& options, Streams io);

}  // namespace sni::cli
