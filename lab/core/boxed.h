// An optional that costs one pointer while it is empty.
#pragma once

#include <memory>
#include <optional>
#include <utility>

namespace sni {

/// A value on the heap, or none: for the parts of a record that most records lack, where there are
/// many records. Copies and compares as std::optional does; never shared.
template <class T>
class Boxed {
  public:
    Boxed() = default;
    Boxed(T value) : value_(std::make_unique<T>(std::move(value))) {}
    Boxed(std::optional<T> value) {
        if (value) value_ = std::make_unique<T>(std::move(*value));
    }
    Boxed(const Boxed& other) : value_(other ? std::make_unique<T>(*other) : nullptr) {}
    Boxed(Boxed&&) noexcept = default;
    Boxed& operator=(Boxed other) noexcept {
        value_ = std::move(other.value_);
        return *this;
    }
    ~Boxed() = default;

    explicit operator bool() const { return value_ != nullptr; }
    const T& operator*() const { return *value_; }
    T& operator*() { return *value_; }
    const T* operator->() const { return value_.get(); }
    void reset() { value_.reset(); }

    bool operator==(const Boxed& other) const {
        return value_ && other.value_ ? *value_ == *other.value_ : value_ == other.value_;
    }

  private:
    std::unique_ptr<T> value_;
};

}  // namespace sni
