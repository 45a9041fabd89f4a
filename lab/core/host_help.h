// What somebody may have meant who wrote no host name where one belongs.
#pragma once

#include <string>
#include <string_view>

namespace sni {

/// A sentence's end such as "leave the scheme out: pay.example.com", for a URL, a host with a port,
/// a name in Unicode (its A-labels, RFC 3492) or one that quotes are around; empty when nothing
/// comes to mind.
std::string host_help(std::string_view text);

/// `name` (UTF-8) with each label that is not ASCII as its A-label: "xn--bcher-kva.example". Empty
/// when it is no UTF-8, or needs more than lower case to be a name (RFC 5891 §4.2).
std::string to_a_labels(std::string_view name);

}  // namespace sni
