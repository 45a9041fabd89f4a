#include "lab/httpbin/json/large_json.h"

#include <algorithm>
#include <map>
#include <utility>

#include "lab/httpbin/json/json_escape.h"

namespace sni::httpbin {

namespace {

/// So much of a text is written at a time.
constexpr std::size_t kPiece = 8u << 10;
/// Answers up to this size are made whole.
constexpr std::size_t kSmall = 64u << 10;

class AsItIs : public JsonPart {
  public:
    explicit AsItIs(std::string text) : text_(std::move(text)) {}
    bool write(std::string& into) override {
        into.append(text_, at_, kPiece);
        at_ += std::min(kPiece, text_.size() - at_);
        return at_ < text_.size();
    }
    void rewind() override { at_ = 0; }
    std::size_t held() const override { return text_.size(); }

  private:
    std::string text_;
    std::size_t at_ = 0;
};

class Quoted : public JsonPart {
  public:
    explicit Quoted(std::shared_ptr<const std::string> value) : value_(std::move(value)) {}
    bool write(std::string& into) override {
        if (at_ == 0) into += '"';
        at_ = write_escaped(*value_, at_, kPiece, into);
        if (at_ < value_->size()) return true;
        into += '"';
        return false;
    }
    void rewind() override { at_ = 0; }
    std::size_t held() const override { return value_->size(); }

  private:
    std::shared_ptr<const std::string> value_;
    std::size_t at_ = 0;
};

class Object : public JsonPart {
  public:
    Object(http::Fields fields, std::size_t indent) : indent_(indent) {
        for (auto& [name, value] : fields) {
            held_ += name.size() + value.size() + kEach;
            members_[sound_utf8(std::move(name))].push_back(std::move(value));
        }
        rewind();
    }

    bool write(std::string& into) override {
        if (members_.empty()) {
            into += "{}";
            return false;
        }
        const std::size_t before = into.size();
        while (into.size() - before < kPiece && member_ != members_.end()) {
            write_some(into);
        }
        if (member_ != members_.end()) return true;
        new_line(into, indent_);
        into += '}';
        return false;
    }
    void rewind() override {
        member_ = members_.begin();
        value_ = at_ = 0;
        begun_ = false;
    }
    std::size_t held() const override { return held_; }

  private:
    static constexpr std::size_t kEach = 128;  ///< a field beside its text, roughly
    static constexpr std::size_t kStep = 2;

    static void new_line(std::string& into, std::size_t indent) {
        (into += '\n').append(indent, ' ');
    }

    /// What stands before a value: separators, the key, the list that it is in.
    void write_begin(std::string& into) {
        const auto& [name, values] = *member_;
        if (value_ == 0) {
            into += member_ == members_.begin() ? '{' : ',';
            new_line(into, indent_ + kStep);
            into += '"';
            for (std::size_t at = 0; at < name.size();) {
                at = write_escaped(name, at, kPiece, into);
            }
            into += "\": ";
        }
        if (values.size() == 1) return;
        into += value_ == 0 ? '[' : ',';
        new_line(into, indent_ + 2 * kStep);
    }

    void write_some(std::string& into) {
        const auto& values = member_->second;
        const std::string& value = values[value_];
        if (!std::exchange(begun_, true)) {
            write_begin(into);
            into += '"';
        }
        at_ = write_escaped(value, at_, kPiece, into);
        if (at_ < value.size()) return;
        into += '"';
        begun_ = false;
        at_ = 0;
        if (++value_ < values.size()) return;
        if (values.size() > 1) {
            new_line(into, indent_ + kStep);
            into += ']';
        }
        value_ = 0;
        ++member_;
    }

    std::map<std::string, std::vector<std::string>> members_;
    std::size_t indent_;
    std::size_t held_ = 0;
    std::map<std::string, std::vector<std::string>>::const_iterator member_;
    std::size_t value_ = 0;  ///< of the member
    std::size_t at_ = 0;     ///< in the value
    bool begun_ = false;     ///< it is written up to there
};

/// Parts one behind the other.
class LargeDocument {
  public:
    explicit LargeDocument(JsonParts parts) : parts_(std::move(parts)) {}

    /// As JsonPart::write().
    bool write(std::string& into) {
        if (part_ < parts_.size() && !parts_[part_]->write(into)) ++part_;
        return part_ < parts_.size();
    }
    void rewind() {
        part_ = 0;
        for (const auto& part : parts_) {
            part->rewind();
        }
    }
    std::size_t held() const {
        std::size_t held = 0;
        for (const auto& part : parts_) {
            held += part->held();
        }
        return held;
    }

  private:
    JsonParts parts_;
    std::size_t part_ = 0;
};

}  // namespace

std::unique_ptr<JsonPart> json_as_it_is(std::string text) {
    return std::make_unique<AsItIs>(std::move(text));
}

std::unique_ptr<JsonPart> json_string(std::shared_ptr<const std::string> value) {
    return std::make_unique<Quoted>(std::move(value));
}

std::unique_ptr<JsonPart> json_object(http::Fields fields, std::size_t indent) {
    return std::make_unique<Object>(std::move(fields), indent);
}

http::Response json_response(JsonParts parts) {
    http::Response response{.headers = {{"Content-Type", "application/json"}}};
    const auto document = std::make_shared<LargeDocument>(std::move(parts));
    bool more = true;
    while (more && response.body.size() <= kSmall) {
        more = document->write(response.body);
    }
    if (!more) return response;
    std::uint64_t length = response.body.size();
    for (std::string piece; more; piece.clear()) {
        more = document->write(piece);
        length += piece.size();
    }
    std::string().swap(response.body);
    document->rewind();
    response.length = length;
    response.held = document->held();
    response.stream = [document] {
        http::Piece piece;
        bool left = true;
        while (left && piece.bytes.size() < kPiece) {
            left = document->write(piece.bytes);
        }
        piece.last = !left;
        return piece;
    };
    return response;
}

}  // namespace sni::httpbin
