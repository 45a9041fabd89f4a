// How many descriptors this process may have open: the one place that raises the limit.
#pragma once

#include <cstddef>

namespace sni::net {

struct DescriptorLimit {
    std::size_t before = 0;
    std::size_t now = 0;
};

/// Soft limits of 1,024 are for select(), which nothing here uses: raised to the hard one, as far
/// as the machine lets.
DescriptorLimit raise_descriptor_limit();

/// How many may be open: the soft limit; SIZE_MAX where there is none.
std::size_t descriptor_limit();
/// How many are.
std::size_t open_descriptors();
/// How many more may be opened now.
std::size_t free_descriptors();

/// Throws Failure when fewer than `needed` are free, which says how to get them; `what` wants them.
void require_descriptors(std::size_t needed, const char* what);

/// Throws Failure when 127.0.0.1 cannot be reached on this machine, where a lab lives.
void require_loopback();

}  // namespace sni::net
