// sni-lab verify: the answer to "does TLS end at my backend, and nowhere before it?"
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "cli/app.h"
#include "cli/cluster_flags.h"
#include "cli/hello_flags.h"
#include "cli/pem_files.h"
#include "lab/report/report.h"

namespace sni::cli {

struct VerifyOptions {
    std::string scenario;  ///< empty: the running lab's, else passthrough
    std::filesystem::path state;
    ClusterFlags cluster;

    std::string gateway;  ///< HOST:PORT; empty: the lab
    bool ipv4 = false;    ///< of its addresses only these; both false: all
    bool ipv6 = false;
    std::string sni;
    bool no_sni = false;
    std::filesystem::path identity;  ///< public PEM; empty: the state folder's own
    bool trust_file = false;         ///< of the state folder, whoever may write it
    std::string backend;             ///< the name that must sign

    bool running = false;  ///< never start a lab of our own
    std::chrono::milliseconds wait{0};
    std::chrono::milliseconds timeout{5000};
    std::filesystem::path cacert;
    std::string pin;
    HelloFlags hello;
    std::string request;  ///< empty: the check's own
    std::optional<int> expect_status;

    std::vector<std::string> command;  ///< of a client to run instead of ours: -- CMD…
    std::vector<std::string> clients;  ///< --clients
    bool timeout_given = false;

    int samples = 1;         ///< connections for each check that expects PROVEN
    bool self_test = false;  ///< also play every cheating gateway, and demand that it is caught

    bool canary = false;                  ///< also send what is unusual, on a connection of its own
    ClientPair client;                    ///< one's own, for whoever asks
    std::filesystem::path client_ca;      ///< signs a client certificate for this run
    std::filesystem::path client_ca_key;  ///< empty: beside it, as FILE.key
    std::string backend_admin;            ///< HOST:PORT of the backend's operator page
    std::chrono::milliseconds every{0};   ///< again and again; 0: once
    std::string watch_admin;              ///< ADDR:PORT of its pages
    std::string on_change;                ///< for sh -c
    bool exit_on_change = false;
    std::string witness;      ///< HOST:PORT of a witness's operator page
    bool tls_only = false;    ///< with a witness: no request
    std::string ticket_swap;  ///< HOST:PORT of a direct path to the backend

    bool json = false;
    std::filesystem::path junit;
    std::filesystem::path html;
    bool github = false;         ///< annotations, and the job's summary
    std::filesystem::path save;  ///< the proof as a file
    bool verbose = false;
    bool quiet = false;
};

/// Prints the report and returns its exit code.
Exit run_verify(const VerifyOptions& options, Streams io);

/// "sni-lab 0.1.0, OpenSSL 3.0.…".
std::string tool_version();

}  // namespace sni::cli
