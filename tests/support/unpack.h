// What a compressed body says, by the libraries' own decoders.
#pragma once

#include <stdexcept>
#include <string>

#include <brotli/decode.h>
#include <zlib.h>

namespace sni::test {

/// As `encoding` (gzip, deflate or br) names it, strictly: gzip is no zlib stream. Up to 64 KiB.
inline std::string unpack(const std::string& encoding, std::string packed) {
    std::string text(64u << 10, '\0');
    if (encoding == "br") {
        std::size_t size = text.size();
        if (BrotliDecoderDecompress(
                packed.size(), reinterpret_cast<const std::uint8_t*>(packed.data()), &size,
                reinterpret_cast<std::uint8_t*>(text.data())) != BROTLI_DECODER_RESULT_SUCCESS) {
            throw std::runtime_error("no brotli");
        }
        text.resize(size);
        return text;
    }
    z_stream stream{};
    stream.next_in = reinterpret_cast<Bytef*>(packed.data());
    stream.avail_in = static_cast<uInt>(packed.size());
    stream.next_out = reinterpret_cast<Bytef*>(text.data());
    stream.avail_out = static_cast<uInt>(text.size());
    const int window = encoding == "gzip" ? MAX_WBITS + 16 : MAX_WBITS;
    if (inflateInit2(&stream, window) != Z_OK) throw std::runtime_error("no inflater");
    const int ended = inflate(&stream, Z_FINISH);
    text.resize(stream.total_out);
    const bool whole = ended == Z_STREAM_END && stream.avail_in == 0;
    inflateEnd(&stream);
    if (!whole) throw std::runtime_error("no " + encoding);
    return text;
}

}  // namespace sni::test
