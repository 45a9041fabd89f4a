// The two wire formats of a PROXY header. For header.cpp, which tells them apart.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lab/proxy/header.h"

namespace sni::proxy {

using Reading = Result<std::optional<Header>, HeaderError>;

/// What version 1 begins with.
inline constexpr std::string_view kLine = "PROXY ";
/// What version 2 begins with.
inline constexpr std::string_view kSignature("\r\n\r\n\0\r\nQUIT\n", 12);

/// As read_header(), of bytes that agree with the version's beginning as far as both go.
Reading read_v1(std::string_view bytes);
Reading read_v2(Bytes bytes);

/// `addresses`: of one kind, or none to be told of.
std::string write_v1(const std::optional<Addresses>& addresses);
std::vector<std::byte> write_v2(const Header& header, const std::optional<Addresses>& addresses);

/// The text of an address as the wire has it; `family`: AF_INET or AF_INET6.
std::string read_ip(int family, Bytes address);

}  // namespace sni::proxy
