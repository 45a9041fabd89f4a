#include "lab/proof/match/line.h"

#include <charconv>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "lab/core/encoding.h"
#include "lab/proof/witness_fields.h"

namespace sni::proof {

namespace {

/// Visits the fields that JsonReader does, on a tape. Remembers that something was not as it is
/// written, and goes on.
class TapeReader {
  public:
    /// The object at `at`.
    TapeReader(const JsonTape& tape, std::size_t at) : tape_(tape), at_(at) {
        good_ = tape[at].kind == JsonTape::Kind::object;
    }

    template <class T>
    void operator()(std::string_view name, T& value) {
        if (!good_) return;
        const std::size_t at = find(name);
        ++taken_;
        good_ = at < tape_[at_].end && read(at + 1, value);
    }

    template <class T>
    void if_any(std::string_view name, std::optional<T>& value) {
        value.reset();
        if (find(name) < tape_[at_].end) (*this)(name, value.emplace());
    }

    /// Everything was there, and nothing else, and nothing twice.
    bool finish() const {
        if (!good_) return false;
        std::size_t members = 0;
        for (std::size_t at = at_ + 1; at < tape_[at_].end; at = tape_[at + 1].end) {
            ++members;
        }
        return members == taken_;
    }

  private:
    using Kind = JsonTape::Kind;

    /// The key of that name, or the object's end.
    std::size_t find(std::string_view name) const {
        std::size_t at = at_ + 1;
        while (at < tape_[at_].end && tape_[at].text != name) {
            at = tape_[at + 1].end;
        }
        return at;
    }

    bool read(std::size_t at, bool& value) const {
        value = tape_[at].kind == Kind::yes;
        return value || tape_[at].kind == Kind::no;
    }
    template <std::unsigned_integral T>
    bool read(std::size_t at, T& value) const {
        const std::string_view text = tape_[at].text;
        const char* const begin = text.data();
        const char* const end = begin + text.size();
        return tape_[at].kind == Kind::number &&
               std::from_chars(begin, end, value) == std::from_chars_result{end, {}};
    }
    bool read(std::size_t at, Moment& value) const {
        constexpr std::uint64_t kLast = 253'402'300'799'999;  // as JsonCodec has it
        std::uint64_t count = 0;
        if (!read(at, count) || count > kLast) return false;
        value = Moment(std::chrono::milliseconds(count));
        return true;
    }
    bool read(std::size_t at, std::string& value) const {
        value = tape_[at].text;
        return tape_[at].kind == Kind::string;
    }
    bool read(std::size_t at, Digest& value) const {
        const auto digest = digest_from_hex(tape_[at].text);
        if (tape_[at].kind != Kind::string || !digest) return false;
        value = *digest;
        return true;
    }
    template <class T>
    bool read(std::size_t at, std::optional<T>& value) const {
        value.reset();
        if (tape_[at].kind == Kind::null) return true;
        T inner;
        const bool good = read(at, inner);
        value = std::move(inner);
        return good;
    }
    template <class T>
    bool read(std::size_t at, std::vector<T>& values) const {
        if (tape_[at].kind != Kind::array) return false;
        const auto after = [&](std::size_t item) { return tape_[item].end; };
        std::size_t count = 0;
        for (std::size_t item = at + 1; item < tape_[at].end; item = after(item)) {
            ++count;
        }
        values.clear();
        values.reserve(count);  // a day's digests are many
        for (std::size_t item = at + 1; item < tape_[at].end; item = after(item)) {
            if (!read(item, values.emplace_back())) return false;
        }
        return true;
    }
    template <class T>
        requires requires { &JsonFields<T>::template visit<JsonReader, T>; }
    bool read(std::size_t at, T& value) const {
        TapeReader reader(tape_, at);
        JsonFields<T>::visit(reader, value);
        return reader.finish();
    }

    const JsonTape& tape_;
    std::size_t at_;
    std::size_t taken_ = 0;
    bool good_ = false;
};

}  // namespace

std::optional<WitnessedSession> read_plain_line(std::string_view line, JsonTape& tape) {
    if (!tape.read(line)) return std::nullopt;
    std::optional<WitnessedSession> session(std::in_place);
    std::string schema;
    TapeReader reader(tape, 0);
    reader("schema", schema);
    JsonFields<WitnessedSession>::visit(reader, *session);
    if (!reader.finish() || schema != kWitnessedSchema) session.reset();
    return session;
}

}  // namespace sni::proof
