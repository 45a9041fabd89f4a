// Host names as Istio's Gateway and VirtualService write and compare them: with a leading wildcard
// of any depth, byte for byte (pkg/config/host/name.go). How Envoy matches an SNI against them is
// lab/route's business.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace sni::manifest {

/// Why `host` is none that a VirtualService may name, as the end of a sentence; nothing when it is
/// fine. "*foo.example.com" is fine for Istio (and breaks Envoy).
std::optional<std::string> host_problem(std::string_view host);

/// The same for a host that connections go to, which cannot be an address.
std::optional<std::string> destination_problem(std::string_view host);

/// HOST of "outbound_.443_._.HOST" or "outbound_.443_.v1_.HOST", the names that gateways between
/// networks have (pilot/pkg/model/service.go, BuildDNSSrvSubsetKey); any other host unchanged.
std::string_view without_direction(std::string_view host);

/// The same for a Gateway server, without the namespace in front: short names and partial wildcards
/// are refused too.
std::optional<std::string> server_host_problem(std::string_view host);

/// An RFC 1123 subdomain: names of objects become parts of host names.
bool is_object_name(std::string_view name);
/// An RFC 1123 label: names of namespaces, Services and their ports.
bool is_label_name(std::string_view name);
bool is_ip_address(std::string_view text);
/// "*foo.example.com".
bool is_partial_wildcard(std::string_view host);

/// "NS/HOST" of a Gateway server, put in order: "./h" is the Gateway's own namespace, "*/h" any,
/// which is the empty one.
struct ServerHost {
    std::string ns;
    std::string host;
    std::string text() const { return ns.empty() ? host : ns + "/" + host; }
};
ServerHost server_host(std::string_view text, std::string_view gateway_namespace);

/// Is there a name that both stand for?
bool overlap(std::string_view one, std::string_view other);

/// A set that answers in logarithmic time what comparing one by one would.
class HostSet {
  public:
    void add(std::string_view host);
    /// Is there a name that both `host` and a member stand for?
    bool overlaps(std::string_view host) const;
    /// Is every name that `host` stands for one that a single member stands for?
    bool covers(std::string_view host) const;

  private:
    bool under_wildcard(std::string_view reversed) const;

    // Reversed, so that "everything below a suffix" is "everything that starts with".
    std::set<std::string, std::less<>> reversed_;  // with the wildcards' "*" cut off
    std::set<std::string, std::less<>> exact_;
    std::set<std::string, std::less<>> wildcards_;
    std::set<std::size_t> wildcard_sizes_;
};

}  // namespace sni::manifest
