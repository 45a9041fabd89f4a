#include <brotli/encode.h>
#include <zlib.h>
#include <zstd.h>

#include "lab/core/codes.h"
#include "lab/core/diagnostic.h"
#include "lab/httpbin/echo.h"
#include "lab/httpbin/handlers.h"

namespace sni::httpbin {

namespace {

using Compress = std::string (*)(const std::string&);

constexpr int kZlibFormat = 15;       // deflate in HTTP is the zlib format (RFC 9110 §8.4.1.2)
constexpr int kGzipFormat = 15 + 16;  // as zlib.h says it

[[noreturn]] void fail(const char* what) {
    throw Failure(Exit::machine, code::kUnexpected, what);
}

template <int format>
std::string deflated(const std::string& text) {
    z_stream stream{};
    if (deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, format, 8, Z_DEFAULT_STRATEGY) !=
        Z_OK) {
        fail("zlib cannot start");
    }
    std::string packed(deflateBound(&stream, text.size()), '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<Bytef*>(packed.data());
    stream.avail_out = static_cast<uInt>(packed.size());
    const int outcome = ::deflate(&stream, Z_FINISH);
    packed.resize(stream.total_out);
    deflateEnd(&stream);
    if (outcome != Z_STREAM_END) fail("zlib cannot compress");
    return packed;
}

std::string brotlied(const std::string& text) {
    std::size_t size = BrotliEncoderMaxCompressedSize(text.size());
    std::string packed(size, '\0');
    if (BrotliEncoderCompress(BROTLI_DEFAULT_QUALITY, BROTLI_DEFAULT_WINDOW, BROTLI_MODE_TEXT,
                              text.size(), reinterpret_cast<const std::uint8_t*>(text.data()),
                              &size,
                              reinterpret_cast<std::uint8_t*>(packed.data())) != BROTLI_TRUE) {
        fail("brotli cannot compress");
    }
    packed.resize(size);
    return packed;
}

std::string zstded(const std::string& text) {
    std::string packed(ZSTD_compressBound(text.size()), '\0');
    const std::size_t size =
        ZSTD_compress(packed.data(), packed.size(), text.data(), text.size(), ZSTD_CLEVEL_DEFAULT);
    if (ZSTD_isError(size) != 0) fail("zstd cannot compress");
    packed.resize(size);
    return packed;
}

/// Always encoded, whatever the client says it accepts: that is what the endpoints are for.
Response encoded(const Exchange& exchange, const char* member, const char* coding,
                 Compress compress) {
    Response response = json_response({{member, true},
                                       {"headers", echo_headers(exchange)},
                                       {"method", shown_method(exchange.request)},
                                       {"origin", origin(exchange)}});
    response.body = compress(response.body);
    response.headers.push_back({"Content-Encoding", coding});
    return response;
}

}  // namespace

Response gzip(const Exchange& exchange) {
    return encoded(exchange, "gzipped", "gzip", deflated<kGzipFormat>);
}

Response deflate(const Exchange& exchange) {
    return encoded(exchange, "deflated", "deflate", deflated<kZlibFormat>);
}

Response brotli(const Exchange& exchange) {
    return encoded(exchange, "brotli", "br", brotlied);
}

Response zstd(const Exchange& exchange) {
    return encoded(exchange, "zstd", "zstd", zstded);
}

}  // namespace sni::httpbin
