#include "lab/gateways/terminator.h"

#include <utility>

#include "lab/gateways/connection.h"
#include "lab/gateways/server.h"

namespace sni::gateways {

class Terminator::Impl {
  public:
    explicit Impl(TerminatorOptions options)
        : ends_(options.ends_with
                    ? ending_context(options.ends_with->chain_pem, options.ends_with->key)
                    : nullptr),
          begins_(options.encrypts ? beginning_context() : nullptr),
          way_{std::move(options.backend), ends_.get(), begins_.get(), options.idle},
          server_({std::move(options.listen), options.max_connections, std::move(options.refused)},
                  [this](net::PlainStream client, unsigned /*number*/, const net::Wakeup& stop) {
                      Connection(way_, stop).serve(std::move(client));
                  }) {}

    Endpoint listening() const { return server_.listening(); }

  private:
    ContextPtr ends_;
    ContextPtr begins_;
    Way way_;
    Server server_;  // last: its threads use all others
};

Terminator::Terminator(TerminatorOptions options)
    : impl_(std::make_unique<Impl>(std::move(options))) {}

Terminator::~Terminator() = default;

Endpoint Terminator::listening() const {
    return impl_->listening();
}

}  // namespace sni::gateways
