// What the groups of shapes are made with.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lab/torture/shape.h"

namespace sni::torture {

/// Long enough for a segment to leave alone, short enough for hundreds of them.
inline constexpr std::chrono::milliseconds kPause{20};

/// X25519MLKEM768, what browsers share a key of; 1,216 bytes of it (draft-ietf-tls-ecdhe-mlkem §4).
inline constexpr std::uint16_t kPostQuantumGroup = 0x11ec;
inline constexpr std::size_t kPostQuantumKey = 1'216;

class ShapeBuilder {
  public:
    ShapeBuilder(std::string sni, std::uint64_t seed) : sni_(std::move(sni)), random_(seed) {}

    const std::string& sni() const { return sni_; }
    Buffer random(std::size_t bytes);

    /// Random and session id are its own; no extensions yet.
    Hello bare();
    /// `bare` with these extensions.
    Hello with(Buffer extensions);
    /// What a client of today sends to `name`: its server_name comes first.
    Hello modern(std::string_view name);
    Hello modern() { return modern(sni_); }
    /// The same with `more` behind its extensions.
    Hello modern_and(const Buffer& more);
    /// `modern` in one record.
    Buffer wire() { return record(modern().message()); }

    /// A shape whose bytes leave at once.
    void add(Shape shape, Buffer wire) { add(std::move(shape), {Segment{std::move(wire)}}); }
    void add(Shape shape, std::vector<Segment> segments);

    std::vector<Shape> take() { return std::move(shapes_); }

  private:
    std::string sni_;
    std::mt19937_64 random_;
    std::vector<Shape> shapes_;
};

/// Everything that `modern` has behind its server_name.
Buffer modern_extensions(ShapeBuilder& shapes);
Buffer key_share(std::uint16_t group, const Buffer& key);
/// An offer outside (RFC 9849 §5), with random bytes for a key and a payload of these sizes.
Buffer encrypted_hello(ShapeBuilder& shapes, std::size_t payload, std::size_t key);

Buffer part(const Buffer& bytes, std::size_t from, std::size_t to);
/// `wire` in pieces that end at `cuts`, which are in order.
std::vector<Segment> cut(const Buffer& wire, const std::vector<std::size_t>& cuts,
                         std::chrono::milliseconds pause = kPause);
/// The same in pieces of `size` bytes.
std::vector<Segment> chunks(const Buffer& wire, std::size_t size, std::chrono::milliseconds pause);
/// A message in records whose fragments end at `cuts`.
Buffer records_cut(const Buffer& message, const std::vector<std::size_t>& cuts);

// The groups, in order.
void add_segments(ShapeBuilder& shapes);
void add_records(ShapeBuilder& shapes);
void add_sizes(ShapeBuilder& shapes);
void add_names(ShapeBuilder& shapes);
void add_name_lists(ShapeBuilder& shapes);
void add_extensions(ShapeBuilder& shapes);
void add_offers(ShapeBuilder& shapes);
void add_lengths(ShapeBuilder& shapes);
void add_truncations(ShapeBuilder& shapes);
void add_strangers(ShapeBuilder& shapes);
void add_endings(ShapeBuilder& shapes);
void add_clients(ShapeBuilder& shapes);
/// Last, since they are asked alone.
void add_around(ShapeBuilder& shapes);

}  // namespace sni::torture
