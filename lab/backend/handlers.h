// Every handler there is; the file that defines it stands beside it. facts on what they answer are
// httpbin's, which users know by heart.
#pragma once

#include "lab/backend/exchange.h"

namespace sni::backend {

// echo.cpp: what the client sent, said back
Response get(const Exchange& exchange);
Response headers(const Exchange& exchange);
Response ip(const Exchange& exchange);
Response user_agent(const Exchange& exchange);
Response post(const Exchange& exchange);      ///< /post, /put, /patch and /delete
Response anything(const Exchange& exchange);  ///< the same, and the method
Response delay(const Exchange& exchange);     ///< the same without json, later

// status.cpp
Response status(const Exchange& exchange);

// bytes.cpp: random data
Response bytes(const Exchange& exchange);
Response uuid(const Exchange& exchange);

// tls_page.cpp
Response tls(const Exchange& exchange);

// hello_page.cpp
Response tls_hello(const Exchange& exchange);

// proof.cpp
Response proof(const Exchange& exchange);

// index_page.cpp
Response index(const Exchange& exchange);

}  // namespace sni::backend
