// JSON looked at in place, for logs of many lines: a tree of values takes ten times as long. Knows
// the one spelling that this program writes, and leaves every other to nlohmann-json, which alone
// judges what is JSON.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace sni {

class JsonTape {
  public:
    enum class Kind : std::uint8_t { object, array, string, number, yes, no, null };
    /// A value, or the key of a member, which is a string. What is in an object or an array follows
    /// it on the tape.
    struct Value {
        Kind kind;
        std::uint32_t end;      ///< place of the first value that is not in it
        std::string_view text;  ///< of a string without its quotes, of a number
    };

    /// Reads one document: ASCII without a white space or an escape outside of it, whole numbers
    /// from 0 on, 16 levels at most. False for every other text, whether it is JSON or not; the
    /// tape is of no use then. `text` outlives what is asked of the tape.
    bool read(std::string_view text);

    const Value& operator[](std::size_t at) const { return values_[at]; }

  private:
    bool value(unsigned depth);
    bool string();
    bool elements(Kind kind, char close, unsigned depth);
    bool number();
    bool word(std::string_view spelled, Kind kind);
    bool next_is(char c);
    void add(Kind kind, std::string_view text);

    std::vector<Value> values_;
    std::string_view rest_;
};

}  // namespace sni
