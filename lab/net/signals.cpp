#include "lab/net/signals.h"

#include <csignal>

namespace sni::net {

SignalsHeldBack::SignalsHeldBack() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
}

SignalsHeldBack::~SignalsHeldBack() {
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

}  // namespace sni::net
