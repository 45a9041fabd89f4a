// What a Loop carries until it ends by itself or the loop does: spawned tasks and relays.
#pragma once

namespace sni::net {

/// A node of the loop's list; takes itself out when it is destroyed.
class Resident {
  public:
    Resident() = default;
    Resident(const Resident&) = delete;
    Resident& operator=(const Resident&) = delete;

    /// Ends it where it stands, and frees it.
    virtual void evict() = 0;

  protected:
    ~Resident() { leave(); }

  private:
    friend class Loop;
    void enter(Resident& head) {
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

    Resident* previous_ = nullptr;
    Resident* next_ = nullptr;
};

}  // namespace sni::net
