// Every handler there is, with the file that defines it. What they answer is what httpbin and
// go-httpbin answer.
#pragma once

#include "lab/httpbin/exchange.h"

namespace sni::httpbin {

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
Response not_acceptable();  ///< 406, with the types that there are

// bytes.cpp: random data
Response bytes(const Exchange& exchange);
Response uuid(const Exchange& exchange);

// redirects.cpp
Response redirect(const Exchange& exchange);
Response relative_redirect(const Exchange& exchange);
Response absolute_redirect(const Exchange& exchange);
Response redirect_to(const Exchange& exchange);

// cookies.cpp
Response cookies(const Exchange& exchange);
Response set_cookies(const Exchange& exchange);
Response set_one_cookie(const Exchange& exchange);
Response delete_cookies(const Exchange& exchange);

// basic_auth.cpp, digest_auth.cpp
Response basic_auth(const Exchange& exchange);
Response hidden_basic_auth(const Exchange& exchange);
Response bearer(const Exchange& exchange);
Response digest_auth(const Exchange& exchange);

// compressed.cpp
Response gzip(const Exchange& exchange);
Response deflate(const Exchange& exchange);
Response brotli(const Exchange& exchange);
Response zstd(const Exchange& exchange);

// response_headers.cpp, range.cpp, conditional.cpp: what HTTP can do
Response response_headers(const Exchange& exchange);
Response range(const Exchange& exchange);
Response etag(const Exchange& exchange);
Response cache(const Exchange& exchange);
Response cache_for(const Exchange& exchange);

// streams.cpp, trailers.cpp, websocket.cpp: more than one piece
Response stream(const Exchange& exchange);
Response stream_bytes(const Exchange& exchange);
Response drip(const Exchange& exchange);
Response jsonl(const Exchange& exchange);
Response sse(const Exchange& exchange);
Response trailers(const Exchange& exchange);
Response websocket_echo(const Exchange& exchange);

// base64.cpp, links.cpp, documents.cpp
Response base64(const Exchange& exchange);
Response base64_encode(const Exchange& exchange);
Response links(const Exchange& exchange);
Response links_page(const Exchange& exchange);
Response image(const Exchange& exchange);
Response image_of_kind(const Exchange& exchange);
Response document(const Exchange& exchange);  ///< the file in data/ that is the path's

// service.cpp: the backend itself
Response dump_request(const Exchange& exchange);
Response hostname(const Exchange& exchange);
Response version(const Exchange& exchange);
Response env(const Exchange& exchange);
Response upload(const Exchange& exchange);
Response head(const Exchange& exchange);
Response unstable(const Exchange& exchange);
Response fault(const Exchange& exchange);

// tls_page.cpp: this TLS session
Response tls(const Exchange& exchange);
Response tls_client_certificate(const Exchange& exchange);
Response tls_exporter(const Exchange& exchange);

// hello_page.cpp
Response tls_hello(const Exchange& exchange);

// proof.cpp
Response proof(const Exchange& exchange);

// spec.cpp
Response spec(const Exchange& exchange);

// index_page.cpp
Response index(const Exchange& exchange);

}  // namespace sni::httpbin
