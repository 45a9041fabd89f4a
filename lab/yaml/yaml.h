// Text to YAML documents as small immutable trees in which everything has its place. Hostile text
// costs milliseconds and bounded memory. What the documents mean is for others.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lab/yaml/source.h"

namespace sni::yaml {

enum class Kind { null, scalar, sequence, mapping };

struct Entry;

/// Copies are cheap: they share what they hold.
class Node {
  public:
    Node() = default;

    Kind kind() const;
    bool is_null() const { return kind() == Kind::null; }
    /// A null that was left out ("key:") has the spot of its key; an alias has its own.
    Spot at() const { return at_; }
    /// The text of a scalar, as written between its quotes; empty for anything else.
    const std::string& text() const;
    /// Quoted, a block scalar, or tagged !!str: never a number, a boolean or null.
    bool quoted() const;
    const std::vector<Node>& items() const;
    /// In the order of the file; no key stands twice.
    const std::vector<Entry>& entries() const;
    /// The value at `key`, or nullptr. Lives as long as this node.
    const Node* find(std::string_view key) const;

  private:
    friend class Builder;
    struct Body;
    Spot at_;
    std::shared_ptr<const Body> body_;  // nothing: null
};

struct Entry {
    Text key;
    Node value;
};

/// For one file: far above what people write, far below what hurts.
struct Limits {
    std::size_t bytes = std::size_t{32} * 1024 * 1024;
    std::size_t documents = 100'000;
    std::size_t nodes = 2'000'000;
    std::size_t aliased = 100'000;  ///< what the aliases of one document stand for
    std::size_t depth = 64;
    std::size_t findings = 100;  ///< a file with more mistakes than that is given up
};

struct Stream {
    std::vector<Node> documents;  ///< without empty ones
    bool whole = true;            ///< false when anything could not be read
};

/// Reads findings.files()[file] and gives each document that is not empty to `take`, one after the
/// other, so that no more than one has to be held. A document that cannot be read is reported and
/// left out; the ones after it are still read. JSON is YAML. False when anything could not be read.
bool parse(int file, Findings& findings, const Limits& limits,
           const std::function<void(const Node&)>& take);

/// The same, all at once.
Stream parse(int file, Findings& findings, Limits limits = {});

}  // namespace sni::yaml
