// Intrusive lists, for what must leave its list at no cost when it is destroyed.
#pragma once

namespace sni::net {

template <class T>
class ListHead;

/// A place in a list of T, which derives from it. Only the owner of the list calls these.
template <class T>
class Linked {
  public:
    Linked& operator=(const Linked&) = delete;

    /// Behind `head`.
    void enter(Linked& head) {
        previous_ = &head;
        next_ = head.next_;
        if (next_) next_->previous_ = this;
        head.next_ = this;
    }
    void leave() {
        if (previous_) previous_->next_ = next_;
        if (next_) next_->previous_ = previous_;
        previous_ = next_ = nullptr;
    }
    bool is_linked() const { return previous_ != nullptr; }
    /// What comes behind; nothing at the end.
    T* next() const { return static_cast<T*>(next_); }

  protected:
    ~Linked() { leave(); }

  private:
    friend T;
    friend ListHead<T>;
    Linked() = default;
    Linked(const Linked&) = delete;

    Linked* previous_ = nullptr;
    Linked* next_ = nullptr;
};

template <class T>
class ListHead final : public Linked<T> {};

}  // namespace sni::net
