// What an operator, or a verifier, may ask of a running witness: the pages of --admin.
#pragma once

#include <functional>
#include <string>
#include <utility>

#include "certs/identity.h"
#include "lab/router/ops.h"
#include "lab/witness/clock.h"
#include "lab/witness/log.h"
#include "lab/witness/record.h"

namespace sni::witness {

/// The record as one JSON document, with a newline behind it: for people, and for whoever trusts
/// the way to it. `run` is when the witness was started, as its log has it.
std::string sessions_json(const Record& record, const std::string& name, proof::Moment run);

/// A router's pages, but for its routes; and /sessions: with a query that asks about a session a
/// statement that `identity` signs for its nonce, else sessions_json().
class Ops : public router::Ops {
  public:
    /// All outlive this. Nothing is stated where `may_sign` says no.
    Ops(const Record& record, const certs::Identity& identity, std::string name,
        const Log* log = nullptr, std::function<bool()> may_sign = {})
        : record_(record),
          identity_(identity),
          name_(std::move(name)),
          log_(log),
          run_(log ? log->run() : now()),
          may_sign_(std::move(may_sign)) {}

  private:
    admin::Pages own_pages() const override;
    admin::Page sessions_page(std::string_view query) const;

    const Record& record_;
    const certs::Identity& identity_;
    const std::string name_;
    const Log* const log_;  // null: there is none
    const proof::Moment run_;
    const std::function<bool()> may_sign_;
};

}  // namespace sni::witness
