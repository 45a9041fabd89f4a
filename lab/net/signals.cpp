#include "lab/net/signals.h"

#include <csignal>

namespace sni::net {

void block_all_signals() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

}  // namespace sni::net
