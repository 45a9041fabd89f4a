// JSON that may be too large to be made at once: what a client sent stays as it is, and is escaped
// as the answer goes out. So an answer takes the memory of what it says, and not of how it is
// written. Pure.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lab/http/message.h"
#include "lab/http/query.h"

namespace sni::httpbin {

/// A part of a JSON text, written piece by piece.
class JsonPart {
  public:
    virtual ~JsonPart() = default;
    /// Appends what comes next, some kilobytes at most; false when that was the end of it.
    virtual bool write(std::string& into) = 0;
    /// The next write() begins again.
    virtual void rewind() = 0;
    /// Bytes of memory that it keeps.
    virtual std::size_t held() const = 0;

  protected:
    JsonPart() = default;
    JsonPart(const JsonPart&) = default;
    JsonPart& operator=(const JsonPart&) = default;
};
using JsonParts = std::vector<std::unique_ptr<JsonPart>>;

/// JSON as it is.
std::unique_ptr<JsonPart> json_as_it_is(std::string text);
/// A string; bytes that are no UTF-8 become U+FFFD.
std::unique_ptr<JsonPart> json_string(std::shared_ptr<const std::string> value);
/// An object inside a document, its own lines `indent` spaces from the left: one value of a name is
/// a string, several are a list in order. Keys are sorted.
std::unique_ptr<JsonPart> json_object(http::Fields fields, std::size_t indent);

/// All of `parts`, one behind the other, as application/json: in one body where that is small, else
/// as a stream whose length is known.
http::Response json_response(JsonParts parts);

}  // namespace sni::httpbin
